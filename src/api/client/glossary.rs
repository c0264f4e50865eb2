//! The client, continued: terms.

use super::{Client, unsendable};
use crate::api::glossary::{GlossaryAct, GlossaryQuery, TermChange, TermSaid, TermView};
use crate::domain::fault::Fault;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;

/// Bytes of terms in one request: three quarters of what a daemon takes.
const TERMS_BYTES_MAX: usize = 48 * 1024;

impl Client {
    /// Terms, the oldest first.
    ///
    /// # Errors
    /// As [`Client::jobs`].
    pub fn glossary(&self, query: &GlossaryQuery) -> Result<Vec<TermView>, Fault> {
        let mut url = self.url(&["api", "v1", "glossary"])?;
        if let Some(state) = query.state {
            url.query_pairs_mut().append_pair("state", state.word());
        }
        if let Some(scope) = &query.scope {
            url.query_pairs_mut().append_pair("scope", scope);
        }
        self.read(self.http.get(url))
    }

    /// Does something with terms; answers those that changed. Many terms are said in several requests: where one of
    /// these fails, the earlier ones hold.
    ///
    /// # Errors
    /// As [`Client::jobs`]; where there is no such term, or one makes no sense.
    pub fn change_glossary(&self, act: &GlossaryAct) -> Result<Vec<TermChange>, Fault> {
        #[derive(Serialize)]
        struct State {
            state: &'static str,
        }
        let one = |id: &u64| self.url(&["api", "v1", "glossary", &id.to_string()]);
        match act {
            GlossaryAct::Say(terms) => self.say(&["api", "v1", "glossary"], terms),
            GlossaryAct::Propose(terms) => self.say(&["api", "v1", "glossary", "proposals"], terms),
            GlossaryAct::Judge(id, state) => {
                let body = serde_json::to_vec(&State { state: state.word() });
                let mut url = one(id)?;
                let no_path = |()| unsendable();
                url.path_segments_mut().map_err(no_path)?.push("state");
                let request = self.http.put(url).header(CONTENT_TYPE, "application/json");
                self.read(request.body(body.map_err(|_| unsendable())?))
            }
            GlossaryAct::Forget(id) => self.read(self.http.delete(one(id)?)),
        }
    }

    /// As many terms in a request as it takes.
    fn say(&self, path: &[&str], terms: &[TermSaid]) -> Result<Vec<TermChange>, Fault> {
        let mut changes = Vec::new();
        let mut rest = terms;
        while !rest.is_empty() {
            let (mut many, mut long) = (0, 0);
            for term in rest {
                long += serde_json::to_vec(term).map_err(|_| unsendable())?.len() + ",".len();
                if many > 0 && long > TERMS_BYTES_MAX {
                    break;
                }
                many += 1;
            }
            let (now, later) = rest.split_at(many);
            let said: Vec<TermChange> = self.read(self.post(self.url(path)?, &now)?)?;
            changes.extend(said);
            rest = later;
        }
        Ok(changes)
    }
}
