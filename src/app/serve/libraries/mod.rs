//! Libraries at a glance: what was counted last, and what holds at this moment.

mod census;
mod tally;

use super::daemon::Daemon;
use super::eyes::about;
use super::roots::Root;
use crate::api::daemon::Refusal;
use crate::api::libraries::{CoverageView, Libraries, LibrariesView, LibraryView, NextView};
use crate::base::text::show_path;
use crate::domain::execution::State;
use crate::domain::fault::Fault;
use crate::runtime::RuntimeView;
use std::sync::Arc;

pub(super) use census::Census;
use census::{Counted, House};
use tally::Tally;

/// Files that are told as the next ones.
const NEXT_TOLD_MAX: usize = 5;

impl Libraries for Daemon {
    fn libraries(&self) -> Result<LibrariesView, Refusal> {
        let house = || House { store: Arc::clone(&self.store), roots: self.roots.clone() };
        let (counted, counting) = self.census.look(self.scanner.is_busy(), house);
        let now = self.runtime.view();
        let views = self.roots.iter().enumerate().map(|(place, root)| {
            let tally = counted.as_deref().and_then(|it: &Counted| it.tallies.get(place));
            self.library_view(root, tally.unwrap_or(&Tally::default()), &now)
        });
        Ok(LibrariesView {
            libraries: views.collect::<Result<_, _>>().map_err(Refusal::Failed)?,
            counted_unix_ms: counted.map(|it| it.at_unix_ms),
            counting,
        })
    }
}

impl Daemon {
    fn library_view(
        &self,
        root: &Root,
        tally: &Tally,
        now: &RuntimeView,
    ) -> Result<LibraryView, Fault> {
        let away = self.scanner.warning(&about(&root.name));
        let out_of_hours =
            now.libraries_out_of_hours.contains(&root.name).then(|| self.hours_of(&root.name));
        let mut next = Vec::new();
        for it in tally.next() {
            let row = self.store.execution(it.execution)?;
            let waits = row.is_some_and(|row| matches!(row.execution.state, State::Ready { .. }));
            if waits {
                next.push(NextView { job: it.job.0, path: it.path.clone() });
            }
            if next.len() == NEXT_TOLD_MAX {
                break;
            }
        }
        let goes_on = away.is_none() && out_of_hours.is_none() && !now.paused && !now.draining;
        let have = |place: usize| tally.have.get(place).copied().unwrap_or(0);
        let wanted = census::wanted(root).into_iter().enumerate();
        let Tally { files, done, skipped, running, waiting, failed, cancelled, unwished, .. } =
            *tally;
        Ok(LibraryView {
            name: root.name.clone(),
            path: show_path(&root.path),
            wanted: wanted
                .map(|(place, language)| CoverageView { language, files: have(place) })
                .collect(),
            files,
            done,
            skipped,
            running,
            waiting,
            failed,
            cancelled,
            unwished,
            away,
            out_of_hours,
            next,
            through_unix_ms: tally.through_unix_ms().filter(|_| goes_on),
        })
    }

    /// When files of a library are worked on, a sentence.
    fn hours_of(&self, name: &str) -> String {
        let library = self.config.libraries.iter().find(|it| it.name == name);
        let hours = library.map(|it| it.schedule.windows().join(", ")).unwrap_or_default();
        format!("outside of its hours: it is worked on {hours}")
    }
}
