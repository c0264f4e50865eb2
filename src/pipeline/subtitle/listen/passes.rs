//! From a track's samples to its transcripts, in one pass through the film, or in several where somebody watches:
//! [`Turns`] says which windows a pass hears. A window's result depends on its samples only and is remembered, so that
//! a further pass hears what is missing; samples of windows that wait are not kept.

use super::aloud::Aloud;
use super::desk::Desk;
use super::partial::{Partials, Sheet};
use super::turns::Turns;
use super::{Listened, Spoken};
use crate::base::cancel::Cancel;
use crate::domain::fault::Fault;
use crate::domain::media::AudioTrack;
use crate::domain::speech::Window;
use crate::domain::time::Ms;
use crate::domain::transcript::Transcript;
use crate::pipeline::subtitle::Cx;
use crate::pipeline::subtitle::ears::Ears;
use crate::pipeline::subtitle::onlooker::Onlooker;
use crate::pipeline::subtitle::recipe::ListenParams;
use crate::pipeline::subtitle::speech::SpeechFinder;
use std::path::Path;
use std::time::Duration;

/// How a track is listened to.
pub(super) struct Recipe<'a> {
    pub(super) spoken: &'a Spoken,
    /// One entry for each transcript: false as spoken, true in English.
    pub(super) translate: &'a [bool],
    pub(super) params: &'a ListenParams,
    /// Who reads along.
    pub(super) onlooker: Option<&'a dyn Onlooker>,
}

/// Listens to a track, what a viewer waits for first.
///
/// # Errors
/// Where the file cannot be decoded, the engine keeps dying, or the owner interrupted.
pub(super) fn listen(
    cx: &mut Cx<'_>,
    path: &Path,
    track: &AudioTrack,
    recipe: &Recipe<'_>,
    mut partials: Option<&mut Partials<'_>>,
) -> Result<Listened, Fault> {
    let mut carried = Carried::new(recipe);
    loop {
        carried.turns.begin();
        carried.sheet.begin();
        carried.aloud.iter_mut().for_each(Aloud::begin);
        let Cx { media, ears, memory, cancel, progress } = cx;
        let Recipe { spoken, translate, params, .. } = *recipe;
        let mut pass = Pass {
            finder: SpeechFinder::new(&params.speech),
            desk: Desk::new(spoken, translate, params, *memory, cancel),
            ears,
            cancel,
            partials: partials.as_deref_mut(),
            progress: *progress,
            carried,
            turned_back: false,
        };
        let decoded =
            media.decode(path, track.index, None, None, cancel, &mut |pcm| pass.take(&pcm));
        let report = match decoded {
            Ok(report) => Some(report),
            Err(_) if pass.turned_back => None,
            Err(fault) => return Err(fault),
        };
        let (transcripts, all_heard);
        (transcripts, all_heard, carried) = pass.finish(report.is_some())?;
        if let Some(report) = report.filter(|_| all_heard) {
            return Ok(Listened { transcripts, report, compute: carried.compute });
        }
    }
}

/// What goes from pass to pass.
struct Carried<'r> {
    turns: Turns,
    sheet: Sheet,
    /// Tells who reads along.
    aloud: Option<Aloud<'r>>,
    compute: Duration,
    /// What was decoded and done with, as it was told: neither goes back.
    told: (Ms, Ms),
    /// As far as any pass came.
    far: Ms,
}

impl<'r> Carried<'r> {
    fn new(recipe: &Recipe<'r>) -> Carried<'r> {
        let tasks = recipe.translate.len();
        Carried {
            turns: Turns::default(),
            sheet: Sheet::new(tasks),
            aloud: recipe.onlooker.map(|it| Aloud::new(it, tasks)),
            compute: Duration::ZERO,
            told: (Ms(0), Ms(0)),
            far: Ms(0),
        }
    }
}

/// One pass through the film.
struct Pass<'a, 'p, 'r> {
    finder: SpeechFinder,
    desk: Desk<'a>,
    ears: &'a mut Ears,
    cancel: &'a Cancel,
    partials: Option<&'a mut Partials<'p>>,
    progress: &'a mut dyn FnMut(Ms, Ms),
    carried: Carried<'r>,
    turned_back: bool,
}

impl<'r> Pass<'_, '_, 'r> {
    /// Takes the next samples.
    fn take(&mut self, pcm: &[f32]) -> Result<(), Fault> {
        for window in self.finder.push(pcm, self.ears, self.cancel)? {
            self.window(window)?;
        }
        self.desk.move_on(self.ears)?;
        self.tell();
        self.look_back()
    }

    fn window(&mut self, window: Window) -> Result<(), Fault> {
        self.look_back()?;
        let desk = &mut self.desk;
        let place = self.partials.as_ref().and_then(|it| it.place());
        if self.carried.turns.is_now(window.span(), place, || desk.remembers(&window))? {
            desk.take(window, self.ears)?;
        } else {
            desk.leave_out();
        }
        self.show();
        Ok(())
    }

    /// Breaks off where the viewer went back to what this pass put off.
    fn look_back(&mut self) -> Result<(), Fault> {
        let place = self.partials.as_ref().and_then(|it| it.place());
        if self.carried.turns.turns_back(place) {
            self.turned_back = true;
            return Err(Fault::transient("the viewer went back", "it is listened to from there"));
        }
        Ok(())
    }

    fn tell(&mut self) {
        let Carried { turns, told: (decoded, done), far, aloud, .. } = &mut self.carried;
        *far = (*far).max(self.desk.heard_until(self.finder.looked()));
        *decoded = (*decoded).max(self.finder.received());
        *done = (*done).max(*far - turns.waiting());
        (self.progress)(*decoded, *done);
        if let Some(aloud) = aloud {
            aloud.note(self.desk.so_far());
        }
    }

    /// Shows a viewer what was heard so far, now and then.
    fn show(&mut self) {
        if let Some(partials) = &mut self.partials {
            let (desk, speech) = (&self.desk, self.finder.speech());
            partials.look(&mut self.carried.sheet, desk.so_far(), speech, self.finder.looked());
        }
    }

    /// The pass is over. What is on its way is heard to its end: it would be lost otherwise. Gives the transcripts, and
    /// whether they are whole.
    fn finish(mut self, at_the_end: bool) -> Result<(Vec<Transcript>, bool, Carried<'r>), Fault> {
        let mut at_the_end = at_the_end;
        if at_the_end {
            for window in self.finder.finish(self.ears, self.cancel)? {
                match self.window(window) {
                    Err(_) if self.turned_back => {
                        at_the_end = false;
                        break;
                    }
                    other => other?,
                }
            }
        }
        self.tell();
        while self.desk.finish_one(self.ears)? {
            self.tell();
            self.show();
        }
        let all_heard = self.carried.turns.end(at_the_end);
        if !all_heard {
            self.carried.sheet.note(self.desk.so_far(), self.finder.speech());
        }
        let (transcripts, compute) = self.desk.finish(self.finder.speech());
        self.carried.compute += compute;
        Ok((transcripts, all_heard, self.carried))
    }
}
