//! Terms in the store: what a person says of them, what is proposed, and what another store has.

use super::Store;
use super::changes::DONE;
use super::codec;
use super::commit::{Answer, Tables};
use super::place::Broken;
use super::rows::TermRow;
use super::tables::TERMS;
use super::write::{Refused, TermDone, TermWrite, Wrote};
use crate::domain::fault::Fault;
use crate::domain::terms::{About, TERMS_MAX, Term, TermId, TermOrigin, TermState};
use redb::ReadableTable;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Name of the next term's number in the table `meta`: one that is gone is never given again, or a command that was
/// typed for it would meet another.
const NEXT_KEY: &str = "next_term";

/// All terms in memory, and those of them that change.
struct Book {
    rows: BTreeMap<u64, TermRow>,
    /// Which are about the same.
    about: HashMap<About, Vec<u64>>,
    /// The number of the next new one.
    next: u64,
    at_unix_ms: u64,
    done: Vec<TermDone>,
}

impl Book {
    /// A row that cannot be read keeps its number, and is left for `check` to tell.
    fn open(tables: &Tables, at_unix_ms: u64) -> Result<Book, Broken> {
        let mut next = tables.meta.get(NEXT_KEY)?.map_or(1, |it| it.value());
        let mut rows = BTreeMap::new();
        for found in tables.terms.iter()? {
            let (id, bytes) = found?;
            next = next.max(id.value() + 1);
            if let Ok(row) = codec::decode::<TermRow>(bytes.value()) {
                rows.insert(id.value(), row);
            }
        }
        let mut about: HashMap<About, Vec<u64>> = HashMap::new();
        for (id, row) in &rows {
            about.entry(row.term.about()).or_default().push(*id);
        }
        Ok(Book { rows, about, next, at_unix_ms, done: Vec::new() })
    }

    fn change(&mut self, id: u64, after: Option<Term>) {
        let at_unix_ms = self.at_unix_ms;
        let before = match after.clone() {
            Some(term) => self.rows.insert(id, TermRow { at_unix_ms, term }),
            None => self.rows.remove(&id),
        };
        let before = before.map(|it| it.term);
        if before != after {
            if let Some(before) = &before {
                self.about.entry(before.about()).or_default().retain(|it| *it != id);
            }
            if let Some(after) = &after {
                self.about.entry(after.about()).or_default().push(id);
            }
            self.done.push(TermDone { id: TermId(id), before, after });
        }
    }

    fn add(&mut self, term: Term) {
        let id = self.next;
        self.next += 1;
        self.change(id, Some(term));
    }

    /// Those about the same.
    fn rivals(&self, term: &Term) -> impl Iterator<Item = (u64, &Term)> {
        let ids = self.about.get(&term.about()).map_or(&[][..], |it| it.as_slice());
        ids.iter().filter_map(|id| Some((*id, &self.rows.get(id)?.term)))
    }

    fn by_person(&mut self, write: &TermWrite) -> Result<(), Refused> {
        match write {
            TermWrite::Put(term) => {
                let known: Vec<u64> = self.rivals(term).map(|it| it.0).collect();
                match known.split_first() {
                    Some((first, others)) => {
                        self.change(*first, Some(term.clone()));
                        others.iter().for_each(|it| self.change(*it, None));
                    }
                    None => self.add(term.clone()),
                }
            }
            TermWrite::State(id, state) => {
                let Some(row) = self.rows.get(&id.0) else { return Err(Refused::NoSuchTerm(*id)) };
                let term = Term { state: *state, ..row.term.clone() };
                if *state == TermState::Accepted {
                    let others = self.rivals(&term);
                    let others = others.filter(|it| it.0 != id.0 && it.1.state == *state);
                    let others: Vec<u64> = others.map(|it| it.0).collect();
                    others.into_iter().for_each(|it| self.change(it, None));
                }
                self.change(id.0, Some(term));
            }
            TermWrite::Remove(id) => {
                if !self.rows.contains_key(&id.0) {
                    return Err(Refused::NoSuchTerm(*id));
                }
                self.change(id.0, None);
            }
        }
        Ok(())
    }

    /// What the owner corrected may say of a term what nobody said yet; what models and metadata say of a known one is
    /// not listened to.
    fn propose(&mut self, term: &Term) {
        let known = self.rivals(term).any(|(_, it)| match term.origin {
            TermOrigin::Hand | TermOrigin::Learnt => it.target == term.target,
            TermOrigin::Inferred | TermOrigin::Metadata => true,
        });
        if !known && self.rows.len() < TERMS_MAX {
            // What databases of films say of a name counts; what is only supposed waits for the owner's word.
            let state = match term.origin {
                TermOrigin::Metadata => term.state,
                TermOrigin::Hand | TermOrigin::Learnt | TermOrigin::Inferred => TermState::Proposed,
            };
            self.add(Term { state, ..term.clone() });
        }
    }

    fn close(self, tables: &mut Tables) -> Result<Vec<TermDone>, Broken> {
        if !self.done.is_empty() {
            tables.touched += 1;
            tables.meta.insert(NEXT_KEY, self.next)?;
        }
        for TermDone { id, .. } in &self.done {
            match self.rows.get(&id.0) {
                Some(row) => {
                    tables.terms.insert(id.0, codec::encode(row)?.as_slice())?;
                }
                None => {
                    tables.terms.remove(id.0)?;
                }
            }
        }
        Ok(self.done)
    }
}

pub(super) fn by_person(tables: &mut Tables, writes: &[TermWrite], at_unix_ms: u64) -> Answer {
    let mut book = Book::open(tables, at_unix_ms)?;
    for write in writes {
        if let Err(refused) = book.by_person(write) {
            return Ok(Err(refused));
        }
    }
    if book.rows.len() > TERMS_MAX {
        return Ok(Err(Refused::TooManyTerms));
    }
    Ok(Ok(Wrote::Terms(book.close(tables)?)))
}

pub(super) fn proposed(tables: &mut Tables, terms: &[Term], at_unix_ms: u64) -> Result<(), Broken> {
    let mut book = Book::open(tables, at_unix_ms)?;
    terms.iter().for_each(|it| book.propose(it));
    book.close(tables)?;
    Ok(())
}

pub(super) fn replaced(tables: &mut Tables, terms: &[Term], at_unix_ms: u64) -> Answer {
    let mut book = Book::open(tables, at_unix_ms)?;
    let wanted: HashSet<&Term> = terms.iter().take(TERMS_MAX).collect();
    let known: HashSet<About> = wanted.iter().map(|it| it.about()).collect();
    let (mut there, mut gone) = (HashSet::new(), Vec::new());
    for (id, TermRow { term, .. }) in &book.rows {
        let proposed_here = term.state == TermState::Proposed && !known.contains(&term.about());
        if wanted.contains(term) && !there.contains(term) {
            there.insert(term.clone());
        } else if !proposed_here {
            gone.push(*id);
        }
    }
    let mut missing: Vec<&Term> = terms.iter().take(TERMS_MAX).collect();
    missing.retain(|it| there.insert((*it).clone()));
    gone.into_iter().for_each(|it| book.change(it, None));
    missing.into_iter().for_each(|it| book.add(it.clone()));
    book.close(tables)?;
    DONE
}

impl Store {
    /// All terms, the oldest first. One that cannot be read is left out; [`Store::check`] tells of it.
    ///
    /// # Errors
    /// See [`Store::execution`].
    pub fn terms(&self) -> Result<Vec<(TermId, TermRow)>, Fault> {
        self.read(|within| {
            let mut terms = Vec::new();
            for found in within.open_table(TERMS)?.iter()? {
                let (id, bytes) = found?;
                if let Ok(row) = codec::decode::<TermRow>(bytes.value()) {
                    terms.push((TermId(id.value()), row));
                }
            }
            Ok(terms)
        })
    }
}
