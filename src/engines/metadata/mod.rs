//! Names of characters and titles in two languages, from databases of films on the net (PROTOCOLS section 6). They are
//! asked about titles only, and only where the owner wants it; whatever fails, translation goes on without.

mod ask;
mod bangumi;
mod tmdb;

use super::llm::Secret;
use super::server_url::at_home;
use crate::base::cancel::Cancel;
use crate::domain::characters;
use crate::domain::fault::Fault;
use crate::domain::lang::Lang;
use crate::domain::terms::{Scope, Term};
use crate::domain::work::{Work, plain};
use ask::Server;

/// Terms of one work at most.
const TERMS_MAX: usize = 150;
/// The year of a release differs by one from country to country.
const YEARS_APART_MAX: u16 = 1;

/// Who is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// TheMovieDB's address, such as `https://api.themoviedb.org`, and the key for it.
    pub tmdb: Option<(String, Secret)>,
    /// Bangumi's address, such as `https://api.bgm.tv`.
    pub bangumi: Option<String>,
}

impl Sources {
    /// Only those in the owner's own network, such as mirrors.
    #[must_use]
    pub fn at_home(&self) -> Sources {
        Sources {
            tmdb: self.tmdb.clone().filter(|(url, _)| at_home(url)),
            bangumi: self.bangumi.clone().filter(|url| at_home(url)),
        }
    }
}

/// What they tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Names in both languages; those of characters count, titles are proposed.
    pub terms: Vec<Term>,
    /// Names of characters in the language of the source, for whoever listens.
    pub characters: Vec<String>,
    /// Why one that was asked told nothing.
    pub faults: Vec<Fault>,
}

/// Names of a work in both languages, each term once, from all `sources`. It takes two minutes at most; what is found
/// holds for all episodes of a series, so callers keep it by [`Work::key`].
pub fn names(work: &Work, from: &Lang, to: &Lang, sources: &Sources, cancel: &Cancel) -> Names {
    let wanted = Wanted { work, from, to, scope: Scope::Work(work.key()) };
    let mut names = Names::default();
    if work.title.is_empty() || from.same_language(to) {
        return names;
    }
    if let Some((url, key)) = &sources.tmdb {
        let server = Server::new("TheMovieDB", url, key, cancel);
        names.take(server.and_then(|it| tmdb::pairs(&it, &wanted)), &wanted);
    }
    if let Some(url) = sources.bangumi.as_ref().filter(|_| bangumi::is_of_use(from, to)) {
        let server = Server::new("Bangumi", url, &Secret(None), cancel);
        names.take(server.and_then(|it| bangumi::pairs(&it, &wanted)), &wanted);
    }
    names.terms.truncate(TERMS_MAX);
    names.characters.truncate(characters::CHARACTERS_MAX);
    names
}

/// What is asked for.
struct Wanted<'a> {
    work: &'a Work,
    from: &'a Lang,
    to: &'a Lang,
    scope: Scope,
}

/// What something is called in both languages.
enum Pair {
    /// The film or series.
    Title(String, String),
    /// A character.
    Character(String, String),
}

impl Names {
    fn take(&mut self, told: Result<Vec<Pair>, Fault>, wanted: &Wanted<'_>) {
        let pairs = told.unwrap_or_else(|fault| {
            self.faults.push(fault);
            Vec::new()
        });
        let Wanted { from, to, scope, .. } = wanted;
        for pair in pairs {
            let terms = match &pair {
                Pair::Title(source, target) => {
                    characters::title(source, target, from, to, scope).into_iter().collect()
                }
                Pair::Character(source, target) => {
                    if !self.characters.contains(source) {
                        self.characters.push(source.clone());
                    }
                    characters::pair(source, target, from, to, scope)
                }
            };
            for term in terms {
                if !self.terms.iter().any(|it| it.source == term.source) {
                    self.terms.push(term);
                }
            }
        }
    }
}

impl Wanted<'_> {
    /// Whether a work of this title and year is the one: titles are compared by their words.
    fn is_it(&self, titles: &[&str], year: Option<u16>) -> bool {
        let own = [Some(self.work.title.as_str()), self.work.original_title.as_deref()];
        let own: Vec<String> = own.into_iter().flatten().map(plain).collect();
        let called_so =
            titles.iter().map(|it| plain(it)).any(|it| !it.is_empty() && own.contains(&it));
        let in_time = match (self.work.year, year) {
            (Some(own), Some(other)) => own.abs_diff(other) <= YEARS_APART_MAX,
            (None, _) | (_, None) => true,
        };
        called_so && in_time
    }
}

/// The year of a date that begins with it.
fn year_of(date: &str) -> Option<u16> {
    date.get(..4)?.parse().ok()
}

#[cfg(test)]
mod tests;
