//! What stands before and around a translation: labels, numbers, quotes, the source.

use super::super::figures::digit;

/// Words that are a label where a colon follows; with the name of a language or in brackets, too.
const LABELS: [&str; 45] = [
    "translation",
    "translated text",
    "translated",
    "translated line",
    "output",
    "answer",
    "result",
    "response",
    "target",
    "subtitle",
    "line",
    "text",
    "final translation",
    "final answer",
    "corrected",
    "译文",
    "翻译",
    "翻譯",
    "譯文",
    "字幕",
    "中文",
    "訳",
    "翻訳",
    "日本語訳",
    "日本語",
    "übersetzung",
    "antwort",
    "untertitel",
    "traduction",
    "réponse",
    "traducción",
    "respuesta",
    "traduzione",
    "tradução",
    "vertaling",
    "перевод",
    "ответ",
    "переклад",
    "tłumaczenie",
    "번역",
    "çeviri",
    "ترجمة",
    "الترجمة",
    "översättning",
    "terjemahan",
];
/// Languages as labels.
const LANGUAGES: [&str; 36] = [
    "english",
    "german",
    "french",
    "spanish",
    "italian",
    "portuguese",
    "dutch",
    "russian",
    "ukrainian",
    "polish",
    "chinese",
    "simplified chinese",
    "traditional chinese",
    "japanese",
    "korean",
    "arabic",
    "hindi",
    "turkish",
    "thai",
    "vietnamese",
    "swedish",
    "danish",
    "norwegian",
    "finnish",
    "greek",
    "hebrew",
    "czech",
    "hungarian",
    "romanian",
    "deutsch",
    "français",
    "español",
    "italiano",
    "português",
    "русский",
    "한국어",
];
/// Parts of words with which models announce a translation: `Here is the translation:`, `以下是翻译：`.
const ANNOUNCING: [&str; 16] = [
    "translat",
    "译",
    "譯",
    "訳",
    "übersetz",
    "traduc",
    "traduz",
    "traduç",
    "перев",
    "перекл",
    "번역",
    "ترجم",
    "vertaal",
    "vertaling",
    "tłumacz",
    "çevir",
];
/// Longer announcements are sentences of the film.
const ANNOUNCEMENT_CHARS_MAX: usize = 90;
/// Longer numbers before a line are years and amounts.
const LIST_DIGITS_MAX: usize = 3;
/// A source of fewer characters may be the beginning of its translation by chance.
const SOURCE_CHARS_MIN: usize = 4;
/// Quotes that open and those that close.
const QUOTES: [(char, &str); 12] = [
    ('"', "\""),
    ('“', "”“"),
    ('„', "“”"),
    ('«', "»"),
    ('»', "«"),
    ('‹', "›"),
    ('「', "」"),
    ('『', "』"),
    ('‘', "’‘"),
    ('＂', "＂"),
    ('\'', "'"),
    ('‚', "‘’"),
];
const ARROWS: [&str; 6] = ["->", "→", "=>", "⇒", "⟶", "➡"];

/// Without a label or an announcement before it, where the source has nothing alike.
pub(super) fn without_prefix<'a>(text: &'a str, source: &str) -> &'a str {
    let Some((prefix, rest)) = text.split_once([':', '：']) else { return text };
    let rest = rest.trim_start();
    if rest.is_empty() {
        return text;
    }
    let lower =
        prefix.trim().trim_matches(['*', '_', '#', '[', ']', '【', '】', '"']).to_lowercase();
    let (source_lower, source_has_colon) = (source.to_lowercase(), source.contains([':', '：']));
    let is_label = !source_has_colon && is_label(lower.trim());
    let announces = |it: &str| ANNOUNCING.iter().any(|part| it.contains(part));
    let opens = |it: &str| it.matches(['(', '（', '[', '【']).count();
    let closes = |it: &str| it.matches([')', '）', ']', '】']).count();
    let is_announcement = opens(prefix) == closes(prefix)
        && prefix.chars().count() <= ANNOUNCEMENT_CHARS_MAX
        && announces(&lower)
        && !announces(&source_lower)
        && (is_label || !source_has_colon || begins_like_a_model(&lower));
    if is_label || is_announcement { rest } else { text }
}

fn is_label(lower: &str) -> bool {
    let known = |it: &str| LABELS.contains(&it) || LANGUAGES.contains(&it);
    let word = lower.split(['(', '（', '[']).next().unwrap_or_default().trim();
    let parts = || LANGUAGES.iter().filter_map(|it| word.strip_prefix(it)).map(str::trim);
    let numbered = word.trim_end_matches(|it| digit(it).is_some()).trim();
    known(word) || known(numbered) || parts().any(|it| LABELS.contains(&it))
}

fn begins_like_a_model(lower: &str) -> bool {
    [
        "here",
        "sure",
        "certainly",
        "of course",
        "the translation",
        "以下",
        "好的",
        "当然",
        "hier ist",
        "voici",
        "aquí",
    ]
    .iter()
    .any(|it| lower.starts_with(it))
}

/// Without the number or dash of a list before it, where the source begins with none and has no such number.
pub(super) fn without_number<'a>(text: &'a str, source: &str) -> &'a str {
    let begins = source.chars().find(|it| !it.is_whitespace());
    if begins.is_some_and(|it| digit(it).is_some() || "-–—•*#([（【".contains(it)) {
        return text;
    }
    let bullet = text.strip_prefix(['-', '–', '—', '•', '*']).filter(|it| it.starts_with(' '));
    if let Some(rest) = bullet {
        // Two speakers on one line have a dash each.
        return if [" -", " –", " —"].iter().any(|it| rest.contains(it)) || rest.trim().is_empty()
        {
            text
        } else {
            rest.trim_start()
        };
    }
    let marked = text.trim_start_matches(['#', '[', '(', '（', '【']);
    let digits = marked.chars().take_while(|it| digit(*it).is_some()).count();
    if digits == 0 || digits > LIST_DIGITS_MAX || source.chars().any(|it| digit(it).is_some()) {
        return text;
    }
    let after = &marked[marked.chars().take(digits).map(char::len_utf8).sum::<usize>()..];
    let rest = after.trim_start_matches(['.', ')', ']', '）', '】', '、', ':', '：', '．']);
    let is_marked = marked.len() < text.len() || after.starts_with(['、', '：', '．', '】', '）']);
    let apart = rest.len() < after.len() && (rest.starts_with(' ') || is_marked);
    if apart && !rest.trim().is_empty() { rest.trim_start() } else { text }
}

/// Without the source before it or behind it, and what joins both.
pub(super) fn without_source<'a>(text: &'a str, source: &str) -> &'a str {
    let source = source.trim();
    if !ARROWS.iter().any(|it| source.contains(it)) {
        let arrow = ARROWS.iter().filter_map(|it| Some((text.find(it)?, it.len()))).min();
        if let Some((at, long)) = arrow {
            let (before, after) = (text[..at].trim(), text[at + long..].trim());
            let is_source = before.is_empty() || before.eq_ignore_ascii_case(source);
            let kept = if is_source { after } else { before };
            return if kept.is_empty() { text } else { kept };
        }
    }
    if source.chars().count() < SOURCE_CHARS_MIN {
        return text;
    }
    let joins = ["=", "|", "\t", "–", "—", "-", ":"];
    let after = text.strip_prefix(source).map(str::trim_start);
    if let Some(rest) = after.and_then(|it| joins.iter().find_map(|join| it.strip_prefix(join))) {
        return if rest.trim().is_empty() { text } else { rest.trim_start() };
    }
    let before = text.strip_suffix(source).map(str::trim_end);
    match before.and_then(|it| joins[..3].iter().find_map(|join| it.strip_suffix(join))) {
        Some(rest) if !rest.trim().is_empty() => rest.trim_end(),
        Some(_) | None => text,
    }
}

/// Without quotes around all of it, and without a quote that has no other, where the source has none.
pub(super) fn unquoted<'a>(text: &'a str, source: &str) -> &'a str {
    let is_quote =
        |it: char| QUOTES.iter().any(|(opens, closes)| *opens == it || closes.contains(it));
    let around = |it: &str| {
        it.starts_with(is_quote) || it.trim_end_matches(['.', ',', '!', '?']).ends_with(is_quote)
    };
    if around(source.trim()) || source.chars().any(|it| is_quote(it) && !"'’‘".contains(it)) {
        return text;
    }
    let Some((first, last)) = text.chars().next().zip(text.chars().next_back()) else {
        return text;
    };
    let closes = QUOTES.iter().find(|it| it.0 == first).map_or("", |it| it.1);
    if closes.contains(last) && text.chars().count() > 2 {
        let inside = &text[first.len_utf8()..text.len() - last.len_utf8()];
        let apostrophes = first == '\'' || first == '‘' || first == '‚';
        let ends_before = |it: char| it == first || it == last;
        return if !apostrophes && inside.contains(ends_before) { text } else { inside };
    }
    let double =
        |it: char| matches!(it, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』');
    match (text.chars().filter(|it| double(*it)).count(), double(first), double(last)) {
        (1, true, _) => &text[first.len_utf8()..],
        (1, _, true) => &text[..text.len() - last.len_utf8()],
        _ => text,
    }
}
