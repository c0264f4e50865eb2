//! Is this the translation of that line? Every rule alone, each with its sentence.

mod chatter;
mod details;
mod loops;
mod scripts;
#[cfg(test)]
mod tests;

pub use scripts::is_written_in;

use super::super::cue::{Cue, cps};
use super::super::lang::Lang;
use super::super::terms::Term;
use super::fold::words;
use super::lengths;
use super::line::Line;
use super::prompt::Brief;

/// What is wrong with a translation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What, as it is told to the model and to the owner: a short sentence.
    pub text: String,
    /// It cannot stay so: asked for ever in vain, the source text is kept instead.
    pub fatal: bool,
}

impl Complaint {
    fn fatal(text: impl Into<String>) -> Complaint {
        Complaint { text: text.into(), fatal: true }
    }

    fn mild(text: impl Into<String>) -> Complaint {
        Complaint { text: text.into(), fatal: false }
    }
}

/// What is compared.
#[derive(Clone, Copy)]
struct Case<'a> {
    from: &'a Lang,
    to: &'a Lang,
    source: &'a str,
    said: &'a str,
}

/// All that is wrong with the cleaned translation of a line. `terms` may be those of the whole batch: only the accepted
/// ones that occur in the line count.
pub fn check(brief: &Brief, line: &Line, terms: &[Term], said: &str) -> Vec<Complaint> {
    let said = said.trim();
    if said.is_empty() {
        return vec![Complaint::fatal("The translation is empty.")];
    }
    let case = Case { from: &brief.from, to: &brief.to, source: line.text.trim(), said };
    let mut found = Vec::new();
    if is_as_is(case.source) {
        found.extend(details::numbers(case));
        return found;
    }
    found.extend(untranslated(case, terms));
    found.extend(scripts::other_script(case));
    found.extend(chatter::chatter(case));
    found.extend(loops::repeats_itself(case));
    found.extend(other_length(case));
    found.extend(details::numbers(case));
    found.extend(details::terms(case, terms));
    found.extend(details::names(case, terms));
    found.extend(details::markup(case));
    found.extend(too_fast(brief, line, said));
    found
}

/// True where there is nothing to translate: only numbers, signs, music.
pub fn is_as_is(text: &str) -> bool {
    !text.chars().any(char::is_alphabetic)
}

/// A line of up to so many words may be the same in two languages: names, loan words ("Taxi!", "OK, Anna.").
const SAME_WORDS_MAX: usize = 2;
/// From so many words on, a line is the source where most of its words are.
const COPIED_WORDS_MIN: usize = 5;
const COPIED_PERCENT: usize = 80;

/// The source again. Where the languages share a script short lines may be the same, and names.
fn untranslated(case: Case<'_>, terms: &[Term]) -> Option<Complaint> {
    if case.from.same_language(case.to) {
        return None;
    }
    // What is not to be translated is the same rightly.
    let kept = |text: &str| {
        let kept = terms.iter().filter(|it| it.target.as_ref().is_none_or(|to| *to == it.source));
        kept.fold(text.to_owned(), |text, it| text.replace(&it.source, " "))
    };
    let (source, said) = (words(&kept(case.source)), words(&kept(case.said)));
    let letters = |it: &&String| it.chars().any(char::is_alphabetic);
    let count = source.iter().filter(letters).count();
    let same = source == said;
    let common = source.iter().filter(|it| said.contains(it)).count();
    let copied = count >= COPIED_WORDS_MIN && common * 100 >= source.len() * COPIED_PERCENT;
    let dense =
        !case.from.has_spaces() && case.source.chars().filter(|it| it.is_alphabetic()).count() > 4;
    let may_be = count <= SAME_WORDS_MAX && !dense || all_names(case.source);
    let wrong = count > 0 && (same && !may_be || copied && !all_names(case.source));
    let told = || format!("It is not translated: write it in {}.", case.to.name_en());
    if wrong {
        return Some(Complaint::fatal(told()));
    }
    // In another script even a name looks otherwise; a brand may not, so it is asked for once more.
    let foreign = count > 0 && same && !scripts::is_written_in(case.said, case.to);
    foreign.then(|| Complaint::mild(told()))
}

/// True where each word begins with a capital: a name, a title.
fn all_names(text: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_alphanumeric() && it != '\'' && it != '’');
    words.all(|it| it.chars().next().is_none_or(|it| it.is_uppercase() || it.is_numeric()))
}

/// A translation is out of all proportion beyond this many times the expected length, and characters of English, for
/// short ones vary more.
const FAR_TOO_LONG: (f64, f64) = (3.0, 40.0);
/// It is doubtful beyond this.
const TOO_LONG: (f64, f64) = (2.2, 25.0);
/// Under this share of the expected length most of it is missing, where as many characters of English are to be said.
const FAR_TOO_SHORT: (f64, f64) = (0.15, 40.0);
/// It is doubtful under this.
const TOO_SHORT: (f64, f64) = (0.3, 25.0);

fn other_length(case: Case<'_>) -> Option<Complaint> {
    let source = lengths::in_english(case.source, case.from);
    let said = lengths::in_english(case.said, case.to);
    let longer = |limit: (f64, f64)| said > source * limit.0 + limit.1;
    let shorter = |limit: (f64, f64)| source >= limit.1 && said < source * limit.0;
    if longer(TOO_LONG) {
        let text = "It is far longer than its source: translate this line alone, and add nothing.";
        return Some(Complaint { text: text.to_owned(), fatal: longer(FAR_TOO_LONG) });
    }
    shorter(TOO_SHORT).then(|| Complaint {
        text: "It is far shorter than its source: translate all of the line.".to_owned(),
        fatal: shorter(FAR_TOO_SHORT),
    })
}

/// Fewer characters are never asked for: a line must stay possible.
const CHARS_ASKED_MIN: usize = 5;

/// Faster than a viewer reads, and than the source was said.
fn too_fast(brief: &Brief, line: &Line, said: &str) -> Option<Complaint> {
    let speed = |text: &str, lang: &Lang| {
        cps(&Cue { span: line.span, lines: vec![text.to_owned()], confidence: 1.0 }, lang)
    };
    let now = speed(said, &brief.to);
    if line.span.is_empty() || now <= brief.cps_max || now <= speed(&line.text, &brief.from) {
        return None;
    }
    let chars = said.chars().count();
    let chars_max = (chars as f32 * brief.cps_max / now).floor() as usize;
    let chars_max = chars_max.max(CHARS_ASKED_MIN);
    let text =
        format!("It is too long to be read in time: say it in at most {chars_max} characters.");
    (chars_max < chars).then(|| Complaint::mild(text))
}
