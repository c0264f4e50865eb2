//! Tokens: text to tokens and back, and which of them end an answer.

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use std::collections::{HashMap, HashSet};
use tokenizers::Tokenizer;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use super::decoder::number;

/// Kinds of tokens, as numbered by llama.cpp (`llama_token_type`).
const KIND_CONTROL: i64 = 3;
const KIND_USER_DEFINED: i64 = 4;

/// Names of tokens that end a turn, whatever the file calls its end.
const ENDS: [&str; 6] =
    ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<|end|>", "</s>"];

/// The vocabulary.
pub(super) struct Words {
    tokenizer: Tokenizer,
    /// The bytes of each token; of control tokens none.
    bytes: Vec<Vec<u8>>,
    control: HashSet<u32>,
    ends: HashSet<u32>,
    /// Put before all where the file asks for it.
    begin: Option<u32>,
    begin_text: String,
    end_text: String,
}

impl Words {
    /// From a file's metadata.
    ///
    /// # Errors
    /// Says what is missing or not supported, as in "its tokenizer is of the kind `llama`".
    pub(super) fn of(content: &Content) -> Result<Words, String> {
        let text = |key: &str| match content.metadata.get(key) {
            Some(Value::String(text)) => Some(text.as_str()),
            Some(_) | None => None,
        };
        match text("tokenizer.ggml.model") {
            Some("gpt2") => {}
            Some(other) => return Err(format!("its tokenizer is of the kind `{other}`")),
            None => return Err("it has no tokenizer".to_owned()),
        }
        let mut tokenizer = Tokenizer::from_gguf(content).map_err(|err| plain(&err))?;
        // Candle gives all kinds it does not know a space before the text, which none of them wants.
        match text("tokenizer.ggml.pre") {
            Some("qwen2" | "smaug-bpe" | "lfm2" | "llama3") => {}
            Some("smollm") => {
                let parts: Vec<PreTokenizerWrapper> =
                    vec![Digits::new(true).into(), ByteLevel::new(false, true, true).into()];
                tokenizer.with_pre_tokenizer(Some(Sequence::new(parts)));
            }
            Some(_) | None => {
                tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
            }
        }
        let tokens = strings(content, "tokenizer.ggml.tokens");
        let kinds = kinds(content);
        let to_byte = byte_of_char();
        let kind = |it: usize| kinds.get(it).copied().unwrap_or(1);
        let bytes = |(it, token): (usize, &&str)| match kind(it) {
            KIND_CONTROL => Vec::new(),
            KIND_USER_DEFINED => token.as_bytes().to_vec(),
            _ => token_bytes(token, &to_byte),
        };
        let id = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        let control = (0..tokens.len()).filter(|it| kind(*it) == KIND_CONTROL).map(id).collect();
        let named = tokens.iter().enumerate().filter(|(_, token)| ENDS.contains(*token));
        let mut ends: HashSet<u32> = named.map(|(it, _)| id(it)).collect();
        let special = |key: &str| number(content, &format!("tokenizer.ggml.{key}_token_id"));
        ends.extend(special("eos").into_iter().chain(special("eot")).map(id));
        let text_of = |it: Option<usize>| {
            it.and_then(|it| tokens.get(it)).map_or(String::new(), |it| (*it).to_owned())
        };
        let asks = |key| matches!(content.metadata.get(key), Some(Value::Bool(true)));
        Ok(Words {
            bytes: tokens.iter().enumerate().map(bytes).collect(),
            control,
            ends,
            begin: special("bos").filter(|_| asks("tokenizer.ggml.add_bos_token")).map(id),
            begin_text: text_of(special("bos")),
            end_text: text_of(special("eos")),
            tokenizer,
        })
    }

    /// What the chat template calls `bos_token` and `eos_token`.
    pub(super) fn marks(&self) -> (&str, &str) {
        (&self.begin_text, &self.end_text)
    }

    /// Tokens of a whole prompt, special ones by their names.
    pub(super) fn prompt(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut tokens = self.piece(text)?;
        if let Some(begin) = self.begin.filter(|it| tokens.first() != Some(it)) {
            tokens.insert(0, begin);
        }
        Ok(tokens)
    }

    /// Tokens of a piece of text.
    pub(super) fn piece(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self.tokenizer.encode(text, false).map_err(|err| plain(&err))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The bytes a token stands for; a character may be spread over several tokens.
    pub(super) fn bytes(&self, token: u32) -> &[u8] {
        self.bytes.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// True for a token that ends an answer.
    pub(super) fn ends(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// True for a token that is no text.
    pub(super) fn is_control(&self, token: u32) -> bool {
        self.control.contains(&token)
    }
}

fn plain(err: &dyn std::fmt::Display) -> String {
    // Candle adds a backtrace below the first line where one is asked for.
    err.to_string().lines().next().unwrap_or_default().to_owned()
}

fn strings<'a>(content: &'a Content, key: &str) -> Vec<&'a str> {
    let Some(Value::Array(values)) = content.metadata.get(key) else { return Vec::new() };
    let text = |it: &'a Value| it.to_string().map_or("", String::as_str);
    values.iter().map(text).collect()
}

fn kinds(content: &Content) -> Vec<i64> {
    let Some(Value::Array(values)) = content.metadata.get("tokenizer.ggml.token_type") else {
        return Vec::new();
    };
    let kind = |it: &Value| it.to_i32().map(i64::from).or_else(|_| it.to_i64()).unwrap_or(1);
    values.iter().map(kind).collect()
}

/// GPT-2 writes each byte as a character that can be printed (`bytes_to_unicode`): those that can be stay, the others
/// follow from U+0100 on.
fn byte_of_char() -> HashMap<char, u8> {
    let stays = |byte: u8| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let mut moved = 0x100;
    let mut pair = |byte: u8| {
        let code = if stays(byte) { u32::from(byte) } else { moved };
        moved += u32::from(!stays(byte));
        char::from_u32(code).map(|it| (it, byte))
    };
    (0..=u8::MAX).filter_map(&mut pair).collect()
}

fn token_bytes(token: &str, to_byte: &HashMap<char, u8>) -> Vec<u8> {
    let mut utf8 = [0; 4];
    let mut bytes = Vec::with_capacity(token.len());
    for it in token.chars() {
        match to_byte.get(&it) {
            Some(byte) => bytes.push(*byte),
            None => bytes.extend_from_slice(it.encode_utf8(&mut utf8).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_character() {
        let map = byte_of_char();
        assert_eq!(map.len(), 256);
        assert_eq!(token_bytes("Ġhallo", &map), b" hallo");
        assert_eq!(token_bytes("Ċ", &map), b"\n");
        assert_eq!(token_bytes("Ã©", &map), "é".as_bytes());
        assert_eq!(token_bytes("<|x|>", &map), b"<|x|>");
    }
}
