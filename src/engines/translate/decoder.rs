//! The network: a decoder of the LLaMA family over quantised tensors, as they stand in a GGUF file.
//!
//! The families differ little (llama.cpp, `src/models/llama.cpp`, `qwen2.cpp`, `qwen3.cpp`): which numbers of a head
//! turn together, biases on queries, keys and values (Qwen 2), norms of each query and key (Qwen 3). Keys and values of
//! what was read stay, so that what comes before a request and is the same as last time is not read again.
//!
//! candle-transformers has networks of these families too; this one is for their limits: they turn LLaMA 3 without its
//! factors, Qwen 3 in half precision, keep words unpacked (1 GB of a small Qwen), and cannot forget a part.

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{D, Device, Module, Result, Tensor, bail};
use candle_transformers::quantized_nn::RmsNorm;
use std::io::{Read, Seek};

/// The families this decoder knows, by their name in a GGUF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// LLaMA 2 and 3, Mistral, SmolLM.
    Llama,
    /// Qwen 2 and 2.5.
    Qwen2,
    /// Qwen 3, without experts.
    Qwen3,
}

impl Family {
    /// By `general.architecture`.
    pub(super) fn of(architecture: &str) -> Option<Family> {
        match architecture {
            "llama" => Some(Family::Llama),
            "qwen2" => Some(Family::Qwen2),
            "qwen3" => Some(Family::Qwen3),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Family::Llama => "llama",
            Family::Qwen2 => "qwen2",
            Family::Qwen3 => "qwen3",
        }
    }

    /// True where neighbours turn together, false where halves of a head do.
    fn turns_neighbours(self) -> bool {
        matches!(self, Family::Llama)
    }
}

/// The sizes that layers share.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    heads: usize,
    kv_heads: usize,
    head: usize,
    context: usize,
    eps: f64,
}

struct Layer {
    norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    query_norm: Option<RmsNorm>,
    key_norm: Option<RmsNorm>,
    output: Linear,
    feed_norm: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
    /// What was read: kv heads, context, head.
    keys: Tensor,
    values: Tensor,
}

/// The network with what it has read so far.
pub(super) struct Decoder {
    family: Family,
    sizes: Sizes,
    words: QMatMul,
    layers: Vec<Layer>,
    norm: RmsNorm,
    to_words: QMatMul,
    cos: Tensor,
    sin: Tensor,
}

/// A weight with its bias, where it has one.
struct Linear {
    weight: QMatMul,
    bias: Option<Tensor>,
}

impl Linear {
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        let ys = self.weight.forward(xs)?;
        match &self.bias {
            Some(bias) => ys.broadcast_add(bias),
            None => Ok(ys),
        }
    }
}

/// Tensors of a file, by name.
struct Store<'a, R> {
    content: &'a Content,
    from: &'a mut R,
}

impl<R: Read + Seek> Store<'_, R> {
    fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    fn tensor(&mut self, name: &str) -> Result<QTensor> {
        self.content.tensor(self.from, name, &Device::Cpu)
    }

    fn norm(&mut self, name: &str, eps: f64) -> Result<RmsNorm> {
        RmsNorm::from_qtensor(self.tensor(&format!("{name}.weight"))?, eps)
    }

    fn norm_where_any(&mut self, name: &str, eps: f64) -> Result<Option<RmsNorm>> {
        let there = self.has(&format!("{name}.weight"));
        there.then(|| self.norm(name, eps)).transpose()
    }

    /// Candle computes some packings number by number, ten times slower than those it has vector code for: they are
    /// repacked in 8 bits, which loses next to nothing and takes up to twice the memory.
    fn weight(&mut self, name: &str) -> Result<QMatMul> {
        let tensor = self.tensor(name)?;
        let slow = matches!(tensor.dtype(), GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1);
        if !slow {
            return QMatMul::from_qtensor(tensor);
        }
        let plain = tensor.dequantize(&Device::Cpu)?;
        QMatMul::from_qtensor(QTensor::quantize(&plain, GgmlDType::Q8_0)?)
    }

    fn linear(&mut self, name: &str) -> Result<Linear> {
        let weight = self.weight(&format!("{name}.weight"))?;
        let bias = format!("{name}.bias");
        let bias = match self.has(&bias) {
            true => Some(self.tensor(&bias)?.dequantize(&Device::Cpu)?),
            false => None,
        };
        Ok(Linear { weight, bias })
    }
}

/// A number of the file's metadata, of whatever width.
pub(super) fn number(content: &Content, key: &str) -> Option<usize> {
    let value = content.metadata.get(key)?;
    let value = value.to_u64().ok().or_else(|| value.to_i32().ok()?.try_into().ok())?;
    usize::try_from(value).ok()
}

fn needed(content: &Content, key: &str) -> Result<usize> {
    match number(content, key) {
        Some(number) if number > 0 => Ok(number),
        Some(_) | None => bail!("`{key}` is missing"),
    }
}

fn real(content: &Content, key: &str) -> Option<f32> {
    content.metadata.get(key).and_then(|it| it.to_f32().ok())
}

impl Decoder {
    /// Reads all weights; `context` is how many tokens may be read at most, cut to what the model was made for.
    pub(super) fn load<R: Read + Seek>(
        family: Family,
        content: &Content,
        from: &mut R,
        context: usize,
    ) -> Result<Decoder> {
        let word = family.word();
        let key = |name: &str| format!("{word}.{name}");
        if number(content, &key("expert_count")).is_some_and(|it| it > 1) {
            bail!("models of experts are not supported");
        }
        let heads = needed(content, &key("attention.head_count"))?;
        let width = needed(content, &key("embedding_length"))?;
        let sizes = Sizes {
            heads,
            kv_heads: number(content, &key("attention.head_count_kv")).unwrap_or(heads),
            head: number(content, &key("attention.key_length")).unwrap_or(width / heads),
            context: context.min(needed(content, &key("context_length"))?),
            eps: f64::from(real(content, &key("attention.layer_norm_rms_epsilon")).unwrap_or(1e-6)),
        };
        if sizes.kv_heads == 0
            || !heads.is_multiple_of(sizes.kv_heads)
            || !sizes.head.is_multiple_of(2)
        {
            bail!("its heads do not fit together");
        }
        let turned = number(content, &key("rope.dimension_count")).unwrap_or(sizes.head);
        if turned != sizes.head {
            bail!("heads that turn in part are not supported");
        }
        let base = real(content, &key("rope.freq_base")).unwrap_or(10_000.0);
        let blocks = needed(content, &key("block_count"))?;
        let mut store = Store { content, from };
        let (cos, sin) = turns(&mut store, sizes, base, linear_scale(content, word))?;
        let words = store.weight("token_embd.weight")?;
        let to_words = match store.has("output.weight") {
            true => store.weight("output.weight")?,
            false => words.clone(),
        };
        let layers =
            (0..blocks).map(|it| Layer::load(&mut store, it, sizes)).collect::<Result<_>>()?;
        let norm = store.norm("output_norm", sizes.eps)?;
        Ok(Decoder { family, sizes, words, layers, norm, to_words, cos, sin })
    }

    /// Tokens it can have read at most.
    pub(super) fn context(&self) -> usize {
        self.sizes.context
    }

    /// Reads tokens that stand at `at` and after, forgetting what stood there; gives the scores of the next one.
    ///
    /// # Errors
    /// Where the context is too short for them.
    pub(super) fn read(&mut self, tokens: &[u32], at: usize) -> Result<Vec<f32>> {
        let count = tokens.len();
        if count == 0 || self.sizes.context < at + count {
            bail!("the context of {} tokens is full", self.sizes.context);
        }
        let cos = self.cos.narrow(0, at, count)?;
        let sin = self.sin.narrow(0, at, count)?;
        let turn = Turn { neighbours: self.family.turns_neighbours(), cos, sin };
        let mask = if count > 1 { Some(mask(count, at)?) } else { None };
        let mut xs = self.words.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        for layer in &self.layers {
            let heard =
                layer.attend(&layer.norm.forward(&xs)?, self.sizes, &turn, mask.as_ref(), at)?;
            xs = (xs + heard)?;
            let fed = layer.feed(&layer.feed_norm.forward(&xs)?)?;
            xs = (xs + fed)?;
        }
        let last = self.norm.forward(&xs.narrow(0, count - 1, 1)?.contiguous()?)?;
        self.to_words.forward(&last)?.flatten_all()?.to_vec1()
    }
}

impl Layer {
    fn load<R: Read + Seek>(
        store: &mut Store<'_, R>,
        number: usize,
        sizes: Sizes,
    ) -> Result<Layer> {
        let name = |part: &str| format!("blk.{number}.{part}");
        let room = (sizes.kv_heads, sizes.context, sizes.head);
        Ok(Layer {
            norm: store.norm(&name("attn_norm"), sizes.eps)?,
            query: store.linear(&name("attn_q"))?,
            key: store.linear(&name("attn_k"))?,
            value: store.linear(&name("attn_v"))?,
            query_norm: store.norm_where_any(&name("attn_q_norm"), sizes.eps)?,
            key_norm: store.norm_where_any(&name("attn_k_norm"), sizes.eps)?,
            output: store.linear(&name("attn_output"))?,
            feed_norm: store.norm(&name("ffn_norm"), sizes.eps)?,
            gate: store.linear(&name("ffn_gate"))?,
            up: store.linear(&name("ffn_up"))?,
            down: store.linear(&name("ffn_down"))?,
            // Zeros are not in memory before they are written to.
            keys: Tensor::zeros(room, candle_core::DType::F32, &Device::Cpu)?,
            values: Tensor::zeros(room, candle_core::DType::F32, &Device::Cpu)?,
        })
    }

    /// Attention over all that was read, for tokens x width.
    fn attend(
        &self,
        xs: &Tensor,
        sizes: Sizes,
        turn: &Turn,
        mask: Option<&Tensor>,
        at: usize,
    ) -> Result<Tensor> {
        let Sizes { heads, kv_heads, head, .. } = sizes;
        let count = xs.dim(0)?;
        let query = self.query.forward(xs)?.reshape((count, heads, head))?;
        let key = self.key.forward(xs)?.reshape((count, kv_heads, head))?;
        let value = self.value.forward(xs)?.reshape((count, kv_heads, head))?;
        let query = turn.apply(&normed(self.query_norm.as_ref(), query)?)?;
        let key = turn.apply(&normed(self.key_norm.as_ref(), key)?)?;
        self.keys.slice_set(&key.transpose(0, 1)?.contiguous()?, 1, at)?;
        self.values.slice_set(&value.transpose(0, 1)?.contiguous()?, 1, at)?;
        let (read, group) = (at + count, heads / kv_heads);
        let keys = self.keys.narrow(1, 0, read)?;
        let values = self.values.narrow(1, 0, read)?;
        // Heads that share keys and values lie together, so that one product serves them all.
        let query =
            query.transpose(0, 1)?.contiguous()?.reshape((kv_heads, group * count, head))?;
        let scores = (query.matmul(&keys.t()?)? * (head as f64).powf(-0.5))?;
        let scores = match mask {
            Some(mask) => scores.reshape((heads, count, read))?.broadcast_add(mask)?.reshape((
                kv_heads,
                group * count,
                read,
            ))?,
            None => scores,
        };
        let heard = softmax(&scores)?.matmul(&values)?.reshape((heads, count, head))?;
        let heard = heard.transpose(0, 1)?.contiguous()?.reshape((count, heads * head))?;
        self.output.forward(&heard)
    }

    fn feed(&self, xs: &Tensor) -> Result<Tensor> {
        let gate = self.gate.forward(xs)?.silu()?;
        self.down.forward(&(gate * self.up.forward(xs)?)?)
    }
}

fn normed(norm: Option<&RmsNorm>, xs: Tensor) -> Result<Tensor> {
    match norm {
        Some(norm) => norm.forward(&xs.contiguous()?),
        None => Ok(xs),
    }
}

fn softmax(scores: &Tensor) -> Result<Tensor> {
    let parts = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
    parts.broadcast_div(&parts.sum_keepdim(D::Minus1)?)
}

/// 0 where a token may look, minus infinity at what comes after it: tokens x all that was read.
fn mask(count: usize, at: usize) -> Result<Tensor> {
    let row = |token: usize| {
        (0..at + count).map(move |it| if it > at + token { f32::NEG_INFINITY } else { 0.0 })
    };
    let all: Vec<f32> = (0..count).flat_map(row).collect();
    Tensor::from_vec(all, (count, at + count), &Device::Cpu)
}

/// How positions turn queries and keys (rotary position embedding).
struct Turn {
    neighbours: bool,
    cos: Tensor,
    sin: Tensor,
}

impl Turn {
    /// For tokens x heads x head.
    fn apply(&self, xs: &Tensor) -> Result<Tensor> {
        let (count, heads, head) = xs.dims3()?;
        let half = head / 2;
        let cos = self.cos.reshape((count, 1, half))?;
        let sin = self.sin.reshape((count, 1, half))?;
        let (one, other) = if self.neighbours {
            let pairs = xs.reshape((count, heads, half, 2))?;
            (pairs.narrow(3, 0, 1)?.squeeze(3)?, pairs.narrow(3, 1, 1)?.squeeze(3)?)
        } else {
            (xs.narrow(2, 0, half)?, xs.narrow(2, half, half)?)
        };
        let turned_one = (one.broadcast_mul(&cos)? - other.broadcast_mul(&sin)?)?;
        let turned_other = (one.broadcast_mul(&sin)? + other.broadcast_mul(&cos)?)?;
        if self.neighbours {
            return Tensor::stack(&[turned_one, turned_other], 3)?.reshape((count, heads, head));
        }
        Tensor::cat(&[turned_one, turned_other], 2)
    }
}

/// By how much positions are stretched, where the model says so.
fn linear_scale(content: &Content, word: &str) -> f32 {
    let kind = content.metadata.get(&format!("{word}.rope.scaling.type"));
    let linear = matches!(kind, Some(Value::String(kind)) if kind == "linear");
    let factor = real(content, &format!("{word}.rope.scaling.factor"));
    factor.filter(|it| linear && *it > 0.0).unwrap_or(1.0)
}

/// Cosines and sines of all positions: context x half a head. LLaMA 3 brings factors that slow each pair's turn.
fn turns<R: Read + Seek>(
    store: &mut Store<'_, R>,
    sizes: Sizes,
    base: f32,
    scale: f32,
) -> Result<(Tensor, Tensor)> {
    let half = sizes.head / 2;
    let factors = match store.has("rope_freqs.weight") {
        true => {
            store.tensor("rope_freqs.weight")?.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()?
        }
        false => vec![1.0_f32; half],
    };
    if factors.len() != half {
        bail!("its factors of rotation do not fit its heads");
    }
    let speed = |it: usize| base.powf(-2.0 * it as f32 / sizes.head as f32) / factors[it] / scale;
    let speeds: Vec<f32> = (0..half).map(speed).collect();
    let angle = |at: usize| speeds.iter().map(move |it| it * at as f32);
    let angles: Vec<f32> = (0..sizes.context).flat_map(angle).collect();
    let angles = Tensor::from_vec(angles, (sizes.context, half), &Device::Cpu)?;
    Ok((angles.cos()?, angles.sin()?))
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
