//! `kinora glossary`: how names and words are translated, said and shown.

use super::args_glossary::{Chosen, GlossaryCommand, LangArgs, PlaceArgs};
use super::render_jobs::plain;
use super::table::{Column, lay_out};
use super::{Exit, json, out};
use crate::api::glossary::{
    Defaults, Exchange, GlossaryAct, GlossaryQuery, Import, Scope, Term, TermChange, TermOrigin,
    TermSaid, TermState, TermView, write,
};
use crate::api::run::{Fault, Lang};
use crate::app::config::Config;
use crate::app::glossary::{Glossary, preview, read_file};
use crate::base::disk;
use crate::base::text::{counted, show_path};

/// Changes that are shown one by one; more are counted.
const CHANGES_SHOWN_MAX: usize = 200;

/// Does what is asked about terms.
pub(crate) fn glossary(config: &Config, command: GlossaryCommand) -> Result<Exit, Fault> {
    match command {
        GlossaryCommand::List { state, place, json } => {
            let terms = Glossary::open(config)?.list(&query(state, place)?)?;
            out::say(&match json {
                true => terms.iter().map(json::line).collect(),
                false => list(&terms, out::columns_max()),
            })?;
            Ok(Exit::Good)
        }
        GlossaryCommand::Add { source, target, keep: _, note, langs, place, json } => {
            let LangArgs { from, to } = langs;
            let scope = scope(place)?.unwrap_or(Scope::Everywhere);
            let (origin, state) = (TermOrigin::Hand, TermState::Accepted);
            let term = Term { source, target, from, to, scope, origin, state, note };
            let said = GlossaryAct::Say(vec![TermSaid::of(term)]);
            let changes = Glossary::open(config)?.act(&said)?;
            tell(&changes, json, false)?;
            Ok(Exit::Good)
        }
        GlossaryCommand::Remove(chosen) => each(config, &chosen, GlossaryAct::Forget),
        GlossaryCommand::Accept(chosen) => {
            each(config, &chosen, |id| GlossaryAct::Judge(id, TermState::Accepted))
        }
        GlossaryCommand::Refuse(chosen) => {
            each(config, &chosen, |id| GlossaryAct::Judge(id, TermState::Refused))
        }
        GlossaryCommand::Import { names, format, langs, place, dry_run, json } => {
            let LangArgs { from, to } = langs;
            let scope = scope(place)?.unwrap_or(Scope::Everywhere);
            let read = read_file(&names, format, &Defaults { from, to, scope })?;
            import(&Glossary::open(config)?, read, dry_run, json)
        }
        GlossaryCommand::Export { names, format, state, place } => {
            let terms = Glossary::open(config)?.list(&query(state, place)?)?;
            let named = names.as_deref().and_then(Exchange::of_path);
            let terms: Vec<Term> = terms.into_iter().filter_map(|it| it.term().ok()).collect();
            let text = write(&terms, format.or(named).unwrap_or(Exchange::Csv));
            let text = text.ok_or_else(|| {
                Fault::operator("lines cannot say all of a term", "name it .csv, .tsv or .json")
            })?;
            let Some(file) = names else {
                out::say(&text)?;
                return Ok(Exit::Good);
            };
            disk::write_atomic(&file, text.as_bytes()).map_err(|err| {
                let what = format!("{} cannot be written ({err})", show_path(&file));
                Fault::operator(what, disk::remedy(&err))
            })?;
            let many = counted(terms.len(), "term", "terms");
            out::say(&format!("{many} written to {}\n", show_path(&file)))?;
            Ok(Exit::Good)
        }
    }
}

fn query(state: Option<TermState>, place: PlaceArgs) -> Result<GlossaryQuery, Fault> {
    Ok(GlossaryQuery { state, scope: scope(place)?.map(|it| it.to_string()) })
}

/// Where it holds, where that is said.
fn scope(place: PlaceArgs) -> Result<Option<Scope>, Fault> {
    let PlaceArgs { library, work, file } = place;
    if let Some(file) = file {
        let unusable =
            |why: String| Fault::operator(format!("the path is unusable ({why})"), "name a video");
        // The daemon stands in another folder than whoever typed this.
        let path = std::path::absolute(&file).map_err(|it| unusable(it.to_string()))?;
        if path.to_str().is_none() {
            return Err(unusable("it is no UTF-8".to_owned()));
        }
        return Ok(Some(Scope::File(path)));
    }
    let named = match (library, work) {
        (Some(name), _) => Some(format!("library:{name}")),
        (None, Some(title)) => Some(format!("work:{title}")),
        (None, None) => None,
    };
    let parsed = named.map(|it| Scope::parse(&it)).transpose();
    parsed.map_err(|it| Fault::operator(it, "name it as `kinora glossary list` does"))
}

/// Does the same with several terms; one that is not there does not keep the others.
fn each(config: &Config, chosen: &Chosen, act: impl Fn(u64) -> GlossaryAct) -> Result<Exit, Fault> {
    let glossary = Glossary::open(config)?;
    let mut exit = Exit::Good;
    for id in &chosen.ids {
        match glossary.act(&act(*id)) {
            Ok(changes) => tell(&changes, chosen.json, false)?,
            Err(fault) => {
                out::complain(&fault.to_string());
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

fn import(glossary: &Glossary, read: Import, dry_run: bool, json: bool) -> Result<Exit, Fault> {
    let Import { terms, refused } = read;
    for row in &refused {
        out::complain(&format!("line {}: {}", row.line, row.why));
    }
    let many = terms.len();
    let changes = if dry_run {
        preview(&glossary.list(&GlossaryQuery::default())?, &terms)
    } else {
        glossary.act(&GlossaryAct::Say(terms.into_iter().map(TermSaid::of).collect()))?
    };
    tell(&changes, json, dry_run)?;
    if !json {
        out::say(&sum(many, &changes, refused.len(), dry_run))?;
    }
    Ok(if refused.is_empty() { Exit::Good } else { Exit::Failed })
}

fn sum(read: usize, changes: &[TermChange], refused: usize, dry_run: bool) -> String {
    let new = changes.iter().filter(|it| it.before.is_none()).count();
    let verb = if dry_run { "would be" } else { "are" };
    let read = counted(read, "term", "terms");
    let changed = changes.len() - new;
    let mut text = format!("{read} read: {new} {verb} new, {changed} {verb} changed");
    if refused > 0 {
        let lines = counted(refused, "line is none", "lines are none");
        text.push_str(&format!("; {lines}"));
    }
    text + "\n"
}

fn tell(changes: &[TermChange], json: bool, dry_run: bool) -> Result<(), Fault> {
    if json {
        return out::say(&changes.iter().map(json::line).collect::<String>());
    }
    if changes.is_empty() && !dry_run {
        return out::say("nothing changed: it was so already\n");
    }
    let mut text: String = changes.iter().take(CHANGES_SHOWN_MAX).map(changed).collect();
    if let Some(more) = changes.len().checked_sub(CHANGES_SHOWN_MAX).filter(|it| *it > 0) {
        text.push_str(&format!("and {more} more\n"));
    }
    out::say(&text)
}

/// What became of a term, on a line or two.
fn changed(change: &TermChange) -> String {
    match (&change.before, &change.after) {
        (None, None) => String::new(),
        (None, Some(after)) => format!("+ {}\n", one(after)),
        (Some(before), None) => format!("- {}\n", one(before)),
        (Some(before), Some(after)) => format!("- {}\n+ {}\n", one(before), one(after)),
    }
}

fn one(term: &TermView) -> String {
    let number = if term.id == 0 { String::new() } else { format!("{} ", term.id) };
    let langs = langs(term);
    let langs = if langs.is_empty() { langs } else { format!("{langs}, ") };
    let (source, scope) = (plain(&term.source), plain(&term.scope));
    let word = term.state.word();
    format!("{number}{source} = {} ({langs}{scope}, {word})", target(term))
}

fn target(term: &TermView) -> String {
    term.target.as_deref().map_or_else(|| "(kept)".to_owned(), plain)
}

fn langs(term: &TermView) -> String {
    let tag = |it: &Option<Lang>| it.as_ref().map_or("any", Lang::tag).to_owned();
    match (&term.from, &term.to) {
        (None, None) => String::new(),
        (from, to) => format!("{} > {}", tag(from), tag(to)),
    }
}

const COLUMNS: [Column; 8] = [
    Column::number("id", 0),
    Column::text("source", 0, 8),
    Column::text("translation", 0, 8),
    Column::word("languages", 3),
    Column::text("holds", 2, 12),
    Column::word("said by", 4),
    Column::word("state", 1),
    Column::text("note", 5, 8),
];

fn list(terms: &[TermView], columns_max: Option<usize>) -> String {
    if terms.is_empty() {
        return "no terms; `kinora glossary add SOURCE TRANSLATION` says the first\n".to_owned();
    }
    let row = |it: &TermView| {
        vec![
            it.id.to_string(),
            plain(&it.source),
            target(it),
            langs(it),
            plain(&it.scope),
            it.origin.word().to_owned(),
            it.state.word().to_owned(),
            plain(&it.note),
        ]
    };
    lay_out(&COLUMNS, &terms.iter().map(row).collect::<Vec<_>>(), columns_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(id: u64, source: &str, target: Option<&str>) -> TermView {
        TermView {
            id,
            source: source.to_owned(),
            target: target.map(str::to_owned),
            from: Lang::parse("en").ok(),
            to: None,
            scope: "work:sherlock (2010)".to_owned(),
            origin: TermOrigin::Inferred,
            state: TermState::Proposed,
            note: String::new(),
        }
    }

    #[test]
    fn terms_are_listed() {
        let all = Lang::parse("zh-Hans").ok();
        let said = TermView {
            to: all,
            scope: "everywhere".to_owned(),
            origin: TermOrigin::Hand,
            state: TermState::Accepted,
            note: "his landlady".to_owned(),
            ..term(2, "Mrs. Hudson", Some("哈德森太太"))
        };
        insta::assert_snapshot!(list(&[term(1, "iPhone", None), said], None), @r"
        id  source       translation  languages     holds                 said by   state     note
         1  iPhone       (kept)       en > any      work:sherlock (2010)  inferred  proposed
         2  Mrs. Hudson  哈德森太太   en > zh-Hans  everywhere            hand      accepted  his landlady
        ");
        assert!(list(&[], None).starts_with("no terms"));
    }

    #[test]
    fn changes_are_told() {
        let (old, new) = (term(1, "Holmes", Some("霍姆斯")), term(1, "Holmes", Some("福尔摩斯")));
        let told = |before: Option<&TermView>, after: Option<&TermView>| {
            changed(&TermChange { before: before.cloned(), after: after.cloned() })
        };
        insta::assert_snapshot!(told(Some(&old), Some(&new)), @r"
        - 1 Holmes = 霍姆斯 (en > any, work:sherlock (2010), proposed)
        + 1 Holmes = 福尔摩斯 (en > any, work:sherlock (2010), proposed)
        ");
        assert!(
            told(None, Some(&new)).starts_with("+ ") && told(Some(&old), None).starts_with("- ")
        );
        let changes = [TermChange { before: None, after: Some(new) }];
        assert_eq!(sum(3, &changes, 0, true), "3 terms read: 1 would be new, 0 would be changed\n");
        let told = sum(3, &changes, 1, false);
        assert_eq!(told, "3 terms read: 1 are new, 0 are changed; 1 line is none\n");
    }
}
