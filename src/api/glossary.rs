//! The glossary: how names and words are to be translated, as clients see and change it.

use crate::domain::lang::Lang;
pub use crate::domain::terms::{
    Defaults, Exchange, Import, RefusedRow, Scope, Term, TermId, TermOrigin, TermState, write,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A term, with its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TermView {
    /// Its number.
    pub id: u64,
    /// As it stands in the source.
    pub source: String,
    /// As it is to stand in the translation; `null` where it is kept as it is.
    pub target: Option<String>,
    /// The language of the source; `null` for any.
    pub from: Option<Lang>,
    /// The language of the translation; `null` for any.
    pub to: Option<Lang>,
    /// Where it holds: `everywhere`, `library:NAME`, `work:TITLE`, `file:PATH`.
    pub scope: String,
    /// Who says so.
    pub origin: TermOrigin,
    /// Whether it counts.
    pub state: TermState,
    /// For people; empty for none.
    pub note: String,
}

impl TermView {
    /// A term of the store.
    pub fn of(id: TermId, term: Term) -> TermView {
        let Term { source, target, from, to, scope, origin, state, note } = term;
        let scope = scope.to_string();
        TermView { id: id.0, source, target, from, to, scope, origin, state, note }
    }

    /// The term without its number.
    ///
    /// # Errors
    /// A sentence where it is none.
    pub fn term(self) -> Result<Term, String> {
        let TermView { id: _, source, target, from, to, scope, origin, state, note } = self;
        let scope = Scope::parse(&scope)?;
        Term { source, target, from, to, scope, origin, state, note }.tidy()
    }
}

/// A term, as it is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermSaid {
    /// See [`TermView`]; so for all that follow. What is not said is empty, by hand, accepted, everywhere.
    pub source: String,
    /// Empty as well where it is kept.
    #[serde(default)]
    pub target: Option<String>,
    /// The language of the source.
    #[serde(default)]
    pub from: Option<Lang>,
    /// The language of the translation.
    #[serde(default)]
    pub to: Option<Lang>,
    /// Where it holds.
    #[serde(default = "everywhere")]
    pub scope: String,
    /// Who says so.
    #[serde(default = "by_hand")]
    pub origin: TermOrigin,
    /// Whether it counts.
    #[serde(default = "accepted")]
    pub state: TermState,
    /// For people.
    #[serde(default)]
    pub note: String,
}

fn everywhere() -> String {
    Scope::Everywhere.to_string()
}

fn by_hand() -> TermOrigin {
    TermOrigin::Hand
}

fn accepted() -> TermState {
    TermState::Accepted
}

impl TermSaid {
    /// How a term is said.
    pub fn of(term: Term) -> TermSaid {
        let Term { source, target, from, to, scope, origin, state, note } = term;
        let scope = scope.to_string();
        TermSaid { source, target, from, to, scope, origin, state, note }
    }

    /// The term that is meant.
    ///
    /// # Errors
    /// A sentence where it is none.
    pub fn term(self) -> Result<Term, String> {
        let TermSaid { source, target, from, to, scope, origin, state, note } = self;
        let view = TermView { id: 0, source, target, from, to, scope, origin, state, note };
        view.term()
    }
}

/// Which terms are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GlossaryQuery {
    /// Only these.
    pub state: Option<TermState>,
    /// Only those of this very scope.
    pub scope: Option<String>,
}

impl GlossaryQuery {
    /// Whether it asks for this one.
    pub fn wants(&self, term: &TermView) -> bool {
        self.state.is_none_or(|it| it == term.state)
            && self.scope.as_ref().is_none_or(|it| *it == term.scope)
    }
}

/// What is to be done with terms; all of it, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlossaryAct {
    /// The owner says them: each takes the place of the one with the same source, languages and scope.
    Say(Vec<TermSaid>),
    /// A program proposes them; what is known stays as it is.
    Propose(Vec<TermSaid>),
    /// The owner accepts or refuses one.
    Judge(u64, TermState),
    /// The owner forgets one.
    Forget(u64),
}

/// What became of a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TermChange {
    /// As it was; `null` for a new one.
    pub before: Option<TermView>,
    /// As it is; `null` for one that is forgotten.
    pub after: Option<TermView>,
}
