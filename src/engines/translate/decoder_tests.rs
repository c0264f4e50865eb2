//! The decoder computes what another implementation of the same networks does.

use super::*;
use candle_core::quantized::gguf_file::{self, Content};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};
use std::io::Cursor;

/// A small network with weights by chance, as a GGUF file.
fn random_file(family: &str) -> Vec<u8> {
    const WIDTH: usize = 64;
    const FEED: usize = 96;
    const WORDS: usize = 50;
    let (heads, kv_heads, head, blocks) = (4_usize, 2_usize, 16_usize, 2_usize);
    let mut tensors: Vec<(String, QTensor)> = Vec::new();
    let mut put = |name: String, shape: &[usize], spread: f32, around: f32, kind: GgmlDType| {
        let tensor = Tensor::randn(around, spread, shape, &Device::Cpu).unwrap();
        tensors.push((name, QTensor::quantize(&tensor, kind).unwrap()));
    };
    let packed = GgmlDType::Q8_0;
    put("token_embd.weight".into(), &[WORDS, WIDTH], 0.5, 0.0, packed);
    put("output.weight".into(), &[WORDS, WIDTH], 0.5, 0.0, packed);
    put("output_norm.weight".into(), &[WIDTH], 0.1, 1.0, GgmlDType::F32);
    for block in 0..blocks {
        let name = |part: &str| format!("blk.{block}.{part}");
        for part in ["attn_norm", "ffn_norm"] {
            put(name(&format!("{part}.weight")), &[WIDTH], 0.1, 1.0, GgmlDType::F32);
        }
        for (part, from, to) in [
            ("attn_q", WIDTH, heads * head),
            ("attn_k", WIDTH, kv_heads * head),
            ("attn_v", WIDTH, kv_heads * head),
            ("attn_output", heads * head, WIDTH),
            ("ffn_gate", WIDTH, FEED),
            ("ffn_up", WIDTH, FEED),
            ("ffn_down", FEED, WIDTH),
        ] {
            put(name(&format!("{part}.weight")), &[to, from], 0.15, 0.0, packed);
            if family == "qwen2" && ["attn_q", "attn_k", "attn_v"].contains(&part) {
                put(name(&format!("{part}.bias")), &[to], 0.3, 0.0, GgmlDType::F32);
            }
        }
        if family == "qwen3" {
            for part in ["attn_q_norm", "attn_k_norm"] {
                put(name(&format!("{part}.weight")), &[head], 0.1, 1.0, GgmlDType::F32);
            }
        }
    }
    let number = |it: usize| Value::U32(u32::try_from(it).unwrap());
    let told = [
        ("attention.head_count", number(heads)),
        ("attention.head_count_kv", number(kv_heads)),
        ("attention.key_length", number(head)),
        ("rope.dimension_count", number(head)),
        ("embedding_length", number(WIDTH)),
        ("context_length", number(64)),
        ("block_count", number(blocks)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
        ("rope.freq_base", Value::F32(10_000.0)),
    ];
    let mut pairs: Vec<(String, Value)> =
        told.into_iter().map(|(key, value)| (format!("{family}.{key}"), value)).collect();
    pairs.push(("general.architecture".into(), Value::String(family.into())));
    // Without it the other implementation of Qwen 3 turns positions in half precision.
    pairs.push(("general.dtype".into(), number(0)));
    let pairs: Vec<(&str, &Value)> = pairs.iter().map(|(key, it)| (key.as_str(), it)).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(key, it)| (key.as_str(), it)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &pairs, &tensors).unwrap();
    file.into_inner()
}

fn content(file: &[u8]) -> (Content, Cursor<Vec<u8>>) {
    let mut from = Cursor::new(file.to_vec());
    (Content::read(&mut from).unwrap(), from)
}

/// What the other implementation makes of these tokens.
fn wanted(family: Family, file: &[u8], tokens: &[u32]) -> Vec<f32> {
    let (content, mut from) = content(file);
    let cpu = Device::Cpu;
    let tokens = Tensor::new(tokens, &cpu).unwrap().unsqueeze(0).unwrap();
    let scores = match family {
        Family::Llama => quantized_llama::ModelWeights::from_gguf(content, &mut from, &cpu)
            .and_then(|mut it| it.forward(&tokens, 0)),
        Family::Qwen2 => quantized_qwen2::ModelWeights::from_gguf(content, &mut from, &cpu)
            .and_then(|mut it| it.forward(&tokens, 0)),
        Family::Qwen3 => quantized_qwen3::ModelWeights::from_gguf(content, &mut from, &cpu)
            .and_then(|mut it| it.forward(&tokens, 0)),
    };
    scores.unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn decoder(family: Family, file: &[u8]) -> Decoder {
    let (content, mut from) = content(file);
    Decoder::load(family, &content, &mut from, 4096).unwrap()
}

fn distance(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let pairs = one.iter().zip(other);
    let spread = one.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
    pairs.fold(0.0_f32, |most, (one, other)| most.max((one - other).abs())) / spread
}

#[test]
fn all_families_compute_as_elsewhere() {
    let tokens: Vec<u32> = (0..23).map(|it| (it * 7 + 3) % 50).collect();
    for (family, name) in
        [(Family::Llama, "llama"), (Family::Qwen2, "qwen2"), (Family::Qwen3, "qwen3")]
    {
        let file = random_file(name);
        let wanted = wanted(family, &file, &tokens);
        let mut decoder = decoder(family, &file);
        assert_eq!(decoder.context(), 64);
        // At once, in pieces, one by one, and again over what was read: always the same. What is packed rounds
        // differently where its rows are computed in other groups.
        assert!(distance(&decoder.read(&tokens, 0).unwrap(), &wanted) < 0.02, "{name}");
        decoder.read(&tokens[..11], 0).unwrap();
        assert!(distance(&decoder.read(&tokens[11..], 11).unwrap(), &wanted) < 0.02, "{name}");
        decoder.read(&[9; 30], 0).unwrap();
        let one_by_one =
            tokens.iter().enumerate().map(|(at, it)| decoder.read(&[*it], at).unwrap());
        assert!(distance(&one_by_one.last().unwrap(), &wanted) < 0.02, "{name}");
        assert!(decoder.read(&[1; 65], 0).is_err() && decoder.read(&[1], 64).is_err(), "{name}");
    }
}

#[test]
fn what_comes_later_and_another_order_are_seen() {
    let file = random_file("qwen2");
    let mut decoder = decoder(Family::Qwen2, &file);
    let first = decoder.read(&[1, 2, 3, 4], 0).unwrap();
    let other = decoder.read(&[2, 1, 3, 4], 0).unwrap();
    assert!(distance(&first, &other) > 0.05);
}

#[test]
fn a_real_model_computes_as_elsewhere() {
    let Some(path) = crate::engines::translate::test_weights() else { return };
    let file = std::fs::read(path).unwrap();
    let (content, _) = content(&file);
    let words = crate::engines::translate::words::Words::of(&content).unwrap();
    let tokens = words.prompt("<|im_start|>user\nIt was 1984, and all clocks struck 13.").unwrap();
    let wanted = wanted(Family::Llama, &file, &tokens);
    let scores = decoder(Family::Llama, &file).read(&tokens, 0).unwrap();
    // Its packing is not computed with as it is.
    let far = distance(&scores, &wanted);
    assert!(far < 0.1, "{far}");
}
