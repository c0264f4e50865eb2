//! What a model says about its task, rather than a translation.

use super::{Case, Complaint};

/// Parts of words about translating: where the source has one, a model may say what sounds like chatter.
const ABOUT: [&str; 20] = [
    "translat",
    "interpret",
    "译",
    "譯",
    "訳",
    "übersetz",
    "dolmetsch",
    "tradu",
    "перев",
    "перекл",
    "번역",
    "통역",
    "ترجم",
    "vertal",
    "vertaal",
    "tłumacz",
    "çevir",
    "översätt",
    "terjemah",
    "μετάφρα",
];
/// Parts of words about machines that talk.
const MACHINES: [&str; 10] = [
    "language model",
    "artificial",
    "人工智能",
    "人工知能",
    "語言模型",
    "语言模型",
    "sprachmodell",
    "künstliche",
    "modèle de langage",
    "modelo de lenguaje",
];
/// What only models say, in small letters; about translating.
const OF_THE_TASK: [&str; 35] = [
    "here is the translat",
    "here's the translat",
    "here are the translat",
    "the translation is",
    "translated text",
    "translation:",
    "i cannot translate",
    "i can't translate",
    "i can not translate",
    "unable to translate",
    "text to translate",
    "text you want",
    "would you like me to translate",
    "please provide the text",
    "please provide the line",
    "provide the source",
    "无法翻译",
    "不能翻译",
    "请提供",
    "需要翻译的",
    "以下是翻译",
    "翻译如下",
    "译文如下",
    "無法翻譯",
    "請提供",
    "翻訳できません",
    "翻訳してください",
    "kann ich nicht übersetzen",
    "nicht übersetzen",
    "hier ist die übersetzung",
    "voici la traduction",
    "ne peux pas traduire",
    "aquí está la traducción",
    "no puedo traducir",
    "вот перевод",
];
/// What only models say about themselves.
const OF_ITSELF: [&str; 17] = [
    "as an ai",
    "as a language model",
    "i'm an ai",
    "i am an ai",
    "ai assistant",
    "ai language model",
    "作为一个ai",
    "作为一个人工智能",
    "作为ai",
    "作為一個ai",
    "语言模型",
    "als ki",
    "als künstliche intelligenz",
    "en tant qu'ia",
    "en tant que modèle",
    "como una ia",
    "как искусственный интеллект",
];
/// Beginnings of an answer in English where it is to be in another language.
const ENGLISH: [&str; 16] = [
    "here is",
    "here's",
    "here are",
    "sure,",
    "sure!",
    "certainly",
    "of course",
    "let me know",
    "i'm sorry, but",
    "i cannot",
    "i can't assist",
    "note:",
    "translation",
    "okay, here",
    "the line",
    "this line",
];

/// What is said to a model of its last answer, in small letters: small ones give it back as a translation.
const OURS: [&str; 10] = [
    "looks like the translation of another line",
    "it is not translated",
    "it was missing",
    "longer than its source",
    "shorter than its source",
    "to be read in time",
    "say everything once",
    "and its script only",
    "the translation of this one line",
    "first words of its line",
];

/// A sentence of the model's own where the source says nothing alike.
pub(super) fn chatter(case: Case<'_>) -> Option<Complaint> {
    let (source, said) = (case.source.to_lowercase(), case.said.to_lowercase().replace('’', "'"));
    let has = |text: &str, parts: &[&str]| parts.iter().any(|it| text.contains(it));
    let of_the_task = has(&said, &OF_THE_TASK) && !has(&source, &ABOUT);
    // "Please provide" may be what an officer says.
    let asks_for_text = said.starts_with("请提供") || said.starts_with("請提供");
    let provided = asks_for_text && !has(&said, &["文", "句", "内容", "翻", "字幕"]);
    let itself = |it: &str| said.contains(it) && !source.contains(it);
    let of_itself =
        OF_ITSELF.iter().any(|it| itself(it)) && !has(&source, &MACHINES) && !has_ai(case.source);
    let english = case.to.primary() != "en"
        && !case.from.same_language(case.to)
        && ENGLISH.iter().any(|it| said.starts_with(it) && !source.starts_with(it));
    let ours = OURS.iter().any(|it| itself(it));
    let found = of_the_task && !provided || of_itself || english || ours;
    found.then(|| Complaint::fatal("Answer with the translation only, and say nothing else."))
}

/// True where a text speaks of an AI, in Latin letters.
fn has_ai(text: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_ascii_alphabetic());
    words.any(|it| matches!(it, "AI" | "KI" | "IA"))
}
