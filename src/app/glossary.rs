//! `kinora glossary`: the terms of the daemon, asked of it where it runs, else of its store.

use super::client;
use super::config::Config;
use crate::api::client::Client;
use crate::api::daemon::Refusal;
use crate::api::glossary::{GlossaryAct, GlossaryQuery, Import, TermChange, TermSaid, TermView};
use crate::base::clock;
use crate::base::text::show_path;
use crate::domain::change::Change;
use crate::domain::fault::Fault;
use crate::domain::terms::{self, About, Defaults, Exchange, Term, TermId, TermOrigin};
use crate::store::{Refused, Store, StoreFile, TermDone, TermWrite, Write, Wrote};
use std::collections::HashMap;
use std::path::Path;

/// Who has the terms.
#[derive(Debug)]
pub enum Glossary {
    /// The daemon that runs.
    Daemon(Client),
    /// Its store, while it does not run.
    Store(Store),
}

impl Glossary {
    /// The daemon, where it has its store open, else the store, which is made where absent.
    ///
    /// # Errors
    /// Where the store is damaged or cannot be read and written, and no daemon answers.
    pub fn open(config: &Config) -> Result<Glossary, Fault> {
        // Its store tells which daemon it is: another one may listen at the same place.
        let fault = match Store::open(&config.data_dir, StoreFile::Daemon) {
            Ok(store) => return Ok(Glossary::Store(store)),
            Err(fault) => fault,
        };
        let daemon = client(config).ok().filter(Client::is_there);
        daemon.map(Glossary::Daemon).ok_or(fault)
    }

    /// Terms, the oldest first.
    ///
    /// # Errors
    /// Where the store cannot be read, or the daemon does not answer.
    pub fn list(&self, query: &GlossaryQuery) -> Result<Vec<TermView>, Fault> {
        match self {
            Glossary::Daemon(client) => client.glossary(query),
            Glossary::Store(store) => list(store, query),
        }
    }

    /// Does something with terms; answers those that changed.
    ///
    /// # Errors
    /// Where there is no such term, one makes no sense, there would be too many, or the store cannot be written.
    pub fn act(&self, what: &GlossaryAct) -> Result<Vec<TermChange>, Fault> {
        match self {
            Glossary::Daemon(client) => client.change_glossary(what),
            Glossary::Store(store) => act(store, what, |it| store.commit(&[it])).map_err(fault_of),
        }
    }
}

fn fault_of(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::NotFound(fault)
        | Refusal::Conflict(fault)
        | Refusal::Invalid(fault)
        | Refusal::Failed(fault) => fault,
    }
}

/// The terms of a store that are asked for.
pub(super) fn list(store: &Store, query: &GlossaryQuery) -> Result<Vec<TermView>, Fault> {
    let terms = store.terms()?.into_iter().map(|(id, row)| TermView::of(id, row.term));
    Ok(terms.filter(|it| query.wants(it)).collect())
}

/// Does something with the terms of a store; `commit` makes one write durable.
pub(super) fn act(
    store: &Store,
    act: &GlossaryAct,
    commit: impl FnOnce(Write) -> Result<Vec<Result<Wrote, Refused>>, Fault>,
) -> Result<Vec<TermChange>, Refusal> {
    let at_unix_ms = clock::now_unix_ms();
    let writes = match act {
        GlossaryAct::Say(terms) => {
            let by_hand = |it| TermWrite::Put(Term { origin: TermOrigin::Hand, ..it });
            said(terms)?.into_iter().map(by_hand).collect()
        }
        GlossaryAct::Propose(terms) => {
            let change = Change::Proposed(said(terms)?);
            let before = store.terms().map_err(Refusal::Failed)?.len();
            done(commit(Write::Change { change, at_unix_ms }))?;
            let after = store.terms().map_err(Refusal::Failed)?.into_iter().skip(before);
            let new = after.map(|(id, row)| TermView::of(id, row.term));
            return Ok(new.map(|it| TermChange { before: None, after: Some(it) }).collect());
        }
        GlossaryAct::Judge(id, state) => vec![TermWrite::State(TermId(*id), *state)],
        GlossaryAct::Forget(id) => vec![TermWrite::Remove(TermId(*id))],
    };
    match done(commit(Write::Terms { writes, at_unix_ms }))? {
        Wrote::Terms(done) => Ok(done.into_iter().map(change_of).collect()),
        Wrote::Wished { .. } | Wrote::Event(_) | Wrote::Nothing => {
            Err(Refusal::Failed(Fault::bug("terms were answered with something else")))
        }
    }
}

fn said(terms: &[TermSaid]) -> Result<Vec<Term>, Refusal> {
    let term = |it: &TermSaid| {
        it.clone().term().map_err(|why| {
            let what = format!("`{}` is no term: {why}", it.source);
            Refusal::Invalid(Fault::operator(what, "correct it"))
        })
    };
    terms.iter().map(term).collect()
}

fn done(answers: Result<Vec<Result<Wrote, Refused>>, Fault>) -> Result<Wrote, Refusal> {
    let see = "see `kinora glossary list`";
    match answers.map_err(Refusal::Failed)?.pop() {
        Some(Ok(wrote)) => Ok(wrote),
        Some(Err(refused @ Refused::NoSuchTerm(_))) => {
            Err(Refusal::NotFound(Fault::operator(refused.to_string(), see)))
        }
        Some(Err(refused @ Refused::TooManyTerms)) => {
            let remedy = "remove some that are not needed any more";
            Err(Refusal::Conflict(Fault::operator(refused.to_string(), remedy)))
        }
        Some(Err(Refused::Unreadable(fault))) => Err(Refusal::Failed(fault)),
        Some(Err(
            refused @ (Refused::Illegal(_)
            | Refused::NoSuchExecution(_)
            | Refused::Contradiction(_)
            | Refused::ChangedMeanwhile),
        )) => Err(Refusal::Failed(Fault::bug(refused.to_string()))),
        None => Err(Refusal::Failed(Fault::bug("the store gave no answer to a write"))),
    }
}

fn change_of(done: TermDone) -> TermChange {
    let TermDone { id, before, after } = done;
    let view = |it: Option<Term>| it.map(|it| TermView::of(id, it));
    TermChange { before: view(before), after: view(after) }
}

/// Reads a file of terms; `exchange` where its name does not say how it is written.
///
/// # Errors
/// Where it cannot be read, or it is unclear how it is written.
pub fn read_file(
    path: &Path,
    exchange: Option<Exchange>,
    defaults: &Defaults,
) -> Result<Import, Fault> {
    let shown = show_path(path);
    let exchange = exchange.or_else(|| Exchange::of_path(path)).ok_or_else(|| {
        let what = format!("the name {shown} does not say how it is written");
        Fault::operator(what, "give --format csv, tsv, json or lines")
    })?;
    let unreadable = |err| {
        Fault::operator(format!("{shown} cannot be read ({err})"), "check its name and its rights")
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > terms::IMPORT_BYTES_MAX as u64 {
        return Err(Fault::operator(
            format!("{shown} is too large for a list of terms"),
            "split it",
        ));
    }
    let file = std::fs::read(path).map_err(unreadable)?;
    terms::read(&file, exchange, defaults)
        .map_err(|it| Fault::operator(format!("{shown}: {}", it.what), it.remedy))
}

/// What saying these terms would change.
pub fn preview(known: &[TermView], said: &[Term]) -> Vec<TermChange> {
    let mut by_about: HashMap<About, TermView> = HashMap::new();
    for view in known {
        if let Ok(term) = view.clone().term() {
            by_about.insert(term.about(), view.clone());
        }
    }
    let mut changes = Vec::new();
    for term in said {
        let before = by_about.get(&term.about()).cloned();
        let id = before.as_ref().map_or(0, |it| it.id);
        let after = TermView::of(TermId(id), term.clone());
        if before.as_ref() != Some(&after) {
            by_about.insert(term.about(), after.clone());
            changes.push(TermChange { before, after: Some(after) });
        }
    }
    changes
}

/// The daemon's terms, for a run beside it: from the daemon where it runs, else from its store, else none.
///
/// # Errors
/// Where there is a store and it cannot be read, or the daemon does not answer.
pub fn snapshot(config: &Config) -> Result<Vec<Term>, Fault> {
    if !config.data_dir.join(StoreFile::Daemon.name()).exists() {
        return Ok(Vec::new());
    }
    let views = Glossary::open(config)?.list(&GlossaryQuery::default())?;
    // One of a newer Kinora that is none for us is no reason to translate nothing.
    Ok(views.into_iter().filter_map(|it| it.term().ok()).collect())
}

/// Hands terms that a run beside the daemon found over to it, as proposals.
///
/// # Errors
/// Where the store cannot be written, or the daemon does not answer.
pub fn propose(config: &Config, terms: &[Term]) -> Result<(), Fault> {
    if terms.is_empty() {
        return Ok(());
    }
    let terms = terms.iter().cloned().map(TermSaid::of).collect();
    Glossary::open(config)?.act(&GlossaryAct::Propose(terms)).map(drop)
}
