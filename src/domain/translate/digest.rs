//! What a model says of a work before it is translated: what it is about, and how its names are to be translated. It is
//! asked once a work, with lines from all over it; what it says is proposed, not imposed.

use super::super::lang::Lang;
use super::super::terms::{Scope, Term, TermOrigin, TermState};
use super::super::textlang;
use super::super::work::Work;
use super::answer;
use super::line::Line;
use super::prompt::{Request, Shape, flat};
use crate::base::text::clip;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Characters of a work's lines that are sent.
pub const SAMPLE_CHARS_MAX: usize = 8000;
/// They are taken in so many stretches, evenly over the work: talk is understood in a row only.
const STRETCHES: usize = 8;
/// Most terms that are taken of an answer.
pub const TERMS_MAX: usize = 30;
/// Longest synopsis, term and note, characters.
const SYNOPSIS_CHARS_MAX: usize = 600;
const TERM_CHARS_MAX: usize = 60;
const NOTE_CHARS_MAX: usize = 100;
/// Most of a plot and most characters' names that go with the request.
const PLOT_CHARS_MAX: usize = 1000;
const CHARACTERS_MAX: usize = 30;
/// [`TERMS_MAX`] terms with notes and a synopsis in a script that tokenizers hardly know.
const ANSWER_TOKENS_MAX: u32 = 3000;

/// What a model says of a work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// What it is about, one line in English; empty where nothing was said.
    pub synopsis: String,
    /// Terms that occur in it, each source once.
    pub terms: Vec<Found>,
}

/// A term as a model found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it stands in the lines.
    pub source: String,
    /// Its translation; `None` where it stays as it is.
    pub target: Option<String>,
    /// What it is; may be empty.
    pub note: String,
}

/// Asks what a work is about and which terms it has. `lines` are all of its lines; a sample of them is sent.
pub fn request(work: &Work, lines: &[Line], from: &Lang, to: &Lang) -> Request {
    let (from, to) = (from.name_en(), to.name_en());
    let system = format!("You prepare the translation of subtitles from {from} to {to}.");
    let mut user = about(work);
    user.push_str("Lines:\n");
    user.push_str(&sample(lines));
    let _ = write!(
        user,
        "Answer with json alone: {{\"synopsis\":\"...\",\"terms\":[{{\"source\":\"...\",\"target\":\"...\",\
         \"note\":\"...\"}}]}}\n\
         - synopsis: what it is about, who talks to whom, in which tone: two sentences in English.\n\
         - terms: at most {TERMS_MAX} names of people and places and words of this work that have to be translated \
         alike every time. source: as it stands in the lines. target: in {to}, or \"\" where it stays as it is. \
         note: who or what it is, a few words in English."
    );
    Request { system, user, shape: Shape::Terms, answer_tokens_max: ANSWER_TOKENS_MAX }
}

/// What is known of a work, each on its line.
fn about(work: &Work) -> String {
    let mut text = String::new();
    let mut told = |what: &str, it: &str, chars_max: usize| {
        let it = flat(it);
        if !it.is_empty() {
            let _ = writeln!(text, "{what}: {}", clip(&it, chars_max));
        }
    };
    told("Title", &work.title, PLOT_CHARS_MAX);
    told("Original title", work.original_title.as_deref().unwrap_or_default(), PLOT_CHARS_MAX);
    told("Year", &work.year.map_or_else(String::new, |it| it.to_string()), PLOT_CHARS_MAX);
    told("Episode", work.episode_title.as_deref().unwrap_or_default(), PLOT_CHARS_MAX);
    told("Plot", work.plot.as_deref().unwrap_or_default(), PLOT_CHARS_MAX);
    let characters: Vec<&str> =
        work.characters.iter().take(CHARACTERS_MAX).map(String::as_str).collect();
    told("Characters", &characters.join(", "), PLOT_CHARS_MAX);
    text
}

/// Stretches of lines from all over a work, [`SAMPLE_CHARS_MAX`] characters at most; all of a short one.
fn sample(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut chars_max = 0;
    let mut chars = 0;
    for stretch in lines.chunks(lines.len().div_ceil(STRETCHES).max(1)) {
        // What a stretch leaves is for those after it.
        chars_max += SAMPLE_CHARS_MAX / STRETCHES;
        for line in stretch {
            let more = line.text.chars().count() + 1;
            if chars + more > chars_max {
                break;
            }
            chars += more;
            text.push_str(&line.text);
            text.push('\n');
        }
    }
    text
}

/// Reads an answer to [`request`]; `lines` are those of the work. Terms that are in none of them, that are translated
/// into another script than that of `to`, or that are too long for a term are left out. `None` where the answer says
/// nothing.
pub fn parse(answer: &str, lines: &[Line], to: &Lang) -> Option<Digest> {
    let answer = answer::object(answer)?;
    let synopsis = answer.get("synopsis").and_then(Value::as_str).map(flat).unwrap_or_default();
    let synopsis = clip(&synopsis, SYNOPSIS_CHARS_MAX);
    let text: String = lines.iter().flat_map(|it| [it.text.as_str(), "\n"]).collect();
    let text = text.to_lowercase();
    let mut known = BTreeSet::new();
    let terms = answer.get("terms").map(all).unwrap_or_default().into_iter();
    let sound = |it: &Found| {
        let key = it.source.to_lowercase();
        text.contains(&key) && is_sound(it, to) && known.insert(key)
    };
    let terms: Vec<Found> = terms.filter(sound).take(TERMS_MAX).collect();
    let said = !synopsis.is_empty() || !terms.is_empty();
    said.then_some(Digest { synopsis, terms })
}

/// Terms as asked for, or as `{"source": "target"}`, which models like as well.
fn all(terms: &Value) -> Vec<Found> {
    let text = |it: Option<&Value>| it.and_then(Value::as_str).map(flat).unwrap_or_default();
    let found = |source: String, target: String, note: String| Found {
        target: Some(target).filter(|it| !it.is_empty() && *it != source),
        source,
        note: clip(&note, NOTE_CHARS_MAX),
    };
    match terms {
        Value::Array(terms) => {
            let each = terms.iter();
            each.map(|it| {
                found(text(it.get("source")), text(it.get("target")), text(it.get("note")))
            })
            .collect()
        }
        Value::Object(terms) => terms
            .iter()
            .map(|(source, it)| found(flat(source), text(Some(it)), String::new()))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn is_sound(found: &Found, to: &Lang) -> bool {
    let short = |it: &str| it.chars().count() <= TERM_CHARS_MAX;
    let target = found.target.as_deref();
    found.source.chars().any(char::is_alphabetic)
        && short(&found.source)
        && target.is_none_or(|it| short(it) && textlang::is_written_in(it, to))
}

impl Digest {
    /// Its terms, to be proposed to the owner.
    pub fn proposals(&self, scope: &Scope, from: &Lang, to: &Lang) -> Vec<Term> {
        let term = |it: &Found| Term {
            source: it.source.clone(),
            target: it.target.clone(),
            from: Some(from.clone()),
            to: Some(to.clone()),
            scope: scope.clone(),
            origin: TermOrigin::Inferred,
            state: TermState::Proposed,
            note: it.note.clone(),
        };
        self.terms.iter().map(term).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    fn lines(texts: &[&str]) -> Vec<Line> {
        let line = |(no, text): (u32, &&str)| Line {
            no,
            cues: no as usize..no as usize + 1,
            span: Span::new(i64::from(no) * 3000, i64::from(no) * 3000 + 2000),
            text: (*text).to_owned(),
            group: no,
            scene: 0,
        };
        (0..).zip(texts).map(line).collect()
    }

    fn lang(tag: &str) -> Lang {
        Lang::parse(tag).unwrap()
    }

    fn read(answer: &str) -> Option<Digest> {
        let lines = lines(&["Mr. Holmes lives in Baker Street.", "NASA called for Watson."]);
        parse(answer, &lines, &lang("ru"))
    }

    fn told(answer: &str) -> String {
        let Some(digest) = read(answer) else { return "-".to_owned() };
        let term =
            |it: &Found| format!("{}={}", it.source, it.target.as_deref().unwrap_or("(as is)"));
        let terms: Vec<String> = digest.terms.iter().map(term).collect();
        format!("{} | {}", digest.synopsis, terms.join(", "))
    }

    #[test]
    fn what_is_believed_of_an_answer() {
        let table = [
            (
                r#"{"synopsis":"A\n detective.","terms":[{"source":"Holmes","target":"Холмс","note":"he"}]}"#,
                "A detective. | Holmes=Холмс",
            ),
            // In no line; in another script; twice; too long; kept as it is; no name.
            (r#"{"synopsis":"x","terms":[{"source":"Moriarty","target":"Мориарти"}]}"#, "x | "),
            (r#"{"synopsis":"x","terms":[{"source":"Watson","target":"Watsón"}]}"#, "x | "),
            (
                r#"{"terms":[{"source":"watson","target":"Ватсон"},{"source":"Watson","target":"Уотсон"}]}"#,
                " | watson=Ватсон",
            ),
            (r#"{"synopsis":"x","terms":[{"source":"NASA","target":"NASA"}]}"#, "x | NASA=(as is)"),
            (r#"{"synopsis":"x","terms":[{"source":"NASA","target":""}]}"#, "x | NASA=(as is)"),
            (r#"{"synopsis":"x","terms":[{"source":".","target":"я"}, 7, "y"]}"#, "x | "),
            // As models also like to put it.
            (
                "Sure!\n```json\n{\"synopsis\": \"x\", \"terms\": {\"Baker Street\": \"Бейкер-стрит\"}}\n```",
                "x | Baker Street=Бейкер-стрит",
            ),
            ("I cannot do that.", "-"),
            (r#"{"synopsis":"","terms":[]}"#, "-"),
            (r#"{"synopsis":[],"terms":"none"}"#, "-"),
            ("", "-"),
        ];
        for (answer, wanted) in table {
            assert_eq!(told(answer), wanted, "{answer}");
        }
    }

    #[test]
    fn what_is_said_is_bounded() {
        let name = |it: usize| format!("N{}", "a".repeat(it + 1));
        let texts: Vec<String> = (0..50).map(name).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let term =
            |it: &&str| format!(r#"{{"source":"{it}","target":"Я","note":"{}"}}"#, "n".repeat(500));
        let terms: Vec<String> = texts.iter().map(term).collect();
        let long = "s".repeat(5000);
        let answer = format!(r#"{{"synopsis":"{long}","terms":[{}]}}"#, terms.join(","));
        let digest = parse(&answer, &lines(&texts), &lang("ru")).unwrap();
        assert_eq!(digest.terms.len(), TERMS_MAX);
        assert_eq!(digest.synopsis.chars().count(), SYNOPSIS_CHARS_MAX);
        assert!(digest.terms.iter().all(|it| it.note.chars().count() <= NOTE_CHARS_MAX));
    }

    #[test]
    fn proposals_wait_for_the_owner() {
        let digest = read(r#"{"terms":[{"source":"Holmes","target":"Холмс","note":"a man"}]}"#);
        let scope = Scope::Work("sherlock (2010)".to_owned());
        let terms = digest.unwrap().proposals(&scope, &lang("en"), &lang("ru"));
        assert_eq!(terms.len(), 1);
        assert_eq!((terms[0].origin, terms[0].state), (TermOrigin::Inferred, TermState::Proposed));
        assert_eq!((&terms[0].scope, terms[0].note.as_str()), (&scope, "a man"));
        assert_eq!((&terms[0].from, &terms[0].to), (&Some(lang("en")), &Some(lang("ru"))));
    }

    #[test]
    fn a_sample_is_from_all_over_the_work() {
        let texts: Vec<String> =
            (0..2000).map(|it| format!("This is what was said as line {it}.")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let all = lines(&texts);
        let text = sample(&all);
        assert!(text.chars().count() <= SAMPLE_CHARS_MAX);
        assert!(text.chars().count() > SAMPLE_CHARS_MAX * 9 / 10);
        for eighth in 0..8 {
            assert!(text.contains(&format!("line {}.", eighth * 250)), "{eighth}");
        }
        assert_eq!(sample(&all[..3]).lines().count(), 3);
        assert_eq!(sample(&[]), "");
        let work = Work {
            title: "Sherlock".to_owned(),
            year: Some(2010),
            plot: Some("Two men\nin London.".to_owned()),
            characters: vec!["Sherlock Holmes".to_owned(), "John Watson".to_owned()],
            ..Work::default()
        };
        let request = request(&work, &all, &lang("en"), &lang("zh-Hans"));
        assert!(request.user.contains("json") && request.user.contains("Chinese (Simplified)"));
        assert!(
            request
                .user
                .contains("Plot: Two men in London.\nCharacters: Sherlock Holmes, John Watson\n")
        );
        assert_eq!(request.shape, Shape::Terms);
    }
}
