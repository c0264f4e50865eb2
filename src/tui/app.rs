//! The screen as a state: takes what is typed and told, says what is to be asked, draws. It waits for nothing and reads
//! no clock: every call is told the time.

mod input;
#[cfg(test)]
mod tests;

use super::ask::{Answer, Ask};
use super::conn::{LATE_MS, Told};
use super::keys::{self, Hint};
use super::known::{Known, Link};
use super::look::Look;
use super::parts::plain::make_plain;
use super::parts::popup::Reading;
use super::view::{
    Deed, Effect, Page, PageName, Plan, Scene, execution, failures, library, logs, models,
    overview, queue, settings,
};
use crate::api::daemon::{PushedEvent, StatusView};
use crate::api::run::{Explanation, Fault, lines};
use crate::base::text::show_path;
use input::KEYS;
use jiff::tz::TimeZone;
use ratatui::layout::{Position, Rect};
use std::collections::{HashMap, VecDeque};

/// How long what was told stays.
const NOTE_MS: u64 = 10_000;
/// What stands over the page.
#[derive(Debug)]
pub(super) enum Over {
    /// The keys.
    Help(Reading),
    /// A text to read.
    Text(Reading),
    /// A plan to confirm.
    Plan(Plan),
}

/// A sentence in the line above the keys.
#[derive(Debug)]
pub(super) struct Note {
    /// The sentence.
    pub(super) text: String,
    /// It tells of something that went wrong.
    pub(super) bad: bool,
    at_unix_ms: u64,
}

/// A question without an answer.
struct Open {
    ask: Ask,
    /// What to tell when it went well; `None` where nobody needs to be told.
    deed: Option<String>,
}

/// All of the screen.
pub(super) struct App {
    pub(super) known: Known,
    pub(super) look: Look,
    pub(super) page: PageName,
    pub(super) over: Option<Over>,
    pub(super) note: Option<Note>,
    pages: Pages,
    zone: TimeZone,
    open: HashMap<u64, Open>,
    last_id: u64,
    asks: Vec<(u64, Ask)>,
    texts: VecDeque<(String, String)>,
    /// Where the page was drawn, and what was clicked last, when.
    body: Rect,
    clicked: Option<(Position, u64)>,
    /// The first line of a plan that is seen.
    pub(super) plan_top: u16,
    /// Pages were asked to show themselves.
    began: bool,
    /// Before this nobody looked whether the daemon answers, milliseconds since the Unix epoch.
    watched_from_unix_ms: u64,
    /// The terminal cannot write letters beyond ASCII.
    ascii_names: bool,
    drawn_unix_s: u64,
    wants: Wants,
    dirty: bool,
}

/// What is wanted of whoever has the terminal and the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wants {
    /// The operator leaves.
    pub(super) end: bool,
    /// Everything is to be drawn, as if nothing were on the screen.
    pub(super) redraw: bool,
    /// The screen is put aside, until the shell brings it back.
    pub(super) suspend: bool,
    /// What is asked shall not wait for what was asked before.
    pub(super) renew: bool,
    /// Something was done: how it goes now is to be asked at once, for the next key.
    pub(super) poke: bool,
}

#[derive(Default)]
struct Pages {
    overview: overview::Overview,
    queue: queue::Queue,
    execution: execution::Execution,
    library: library::Library,
    failures: failures::Failures,
    logs: logs::Logs,
    models: models::Models,
    settings: settings::Settings,
}

impl Pages {
    fn of(&mut self, name: PageName) -> &mut dyn Page {
        match name {
            PageName::Overview => &mut self.overview,
            PageName::Queue => &mut self.queue,
            PageName::Execution => &mut self.execution,
            PageName::Library => &mut self.library,
            PageName::Failures => &mut self.failures,
            PageName::Logs => &mut self.logs,
            PageName::Models => &mut self.models,
            PageName::Settings => &mut self.settings,
        }
    }
}

impl App {
    /// That begins with a page.
    pub(super) fn new(page: PageName, look: Look) -> App {
        App {
            known: Known::default(),
            look,
            page,
            over: None,
            note: None,
            pages: Pages::default(),
            zone: TimeZone::system(),
            open: HashMap::new(),
            last_id: 0,
            asks: Vec::new(),
            texts: VecDeque::new(),
            body: Rect::default(),
            clicked: None,
            plan_top: 0,
            began: false,
            watched_from_unix_ms: 0,
            ascii_names: false,
            drawn_unix_s: 0,
            wants: Wants::default(),
            dirty: true,
        }
    }

    /// In another time zone than the system's.
    #[cfg(test)]
    pub(super) fn in_zone(self, zone: TimeZone) -> App {
        App { zone, ..self }
    }

    /// On a terminal whose locale writes UTF-8 or not.
    pub(super) fn of_locale(self, utf8: bool) -> App {
        App { ascii_names: !utf8, ..self }
    }

    /// Somebody looks at it from now on, or again: what was not heard before is no silence.
    pub(super) fn watch_from(&mut self, now_unix_ms: u64) {
        self.watched_from_unix_ms = now_unix_ms;
        self.dirty = true;
    }

    /// Something changed since it was drawn.
    pub(super) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// What is to be asked, with its number.
    pub(super) fn take_asks(&mut self) -> Vec<(u64, Ask)> {
        std::mem::take(&mut self.asks)
    }

    /// Questions without an answer yet.
    pub(super) fn open_asks(&self) -> usize {
        self.open.len()
    }

    /// A text to open in the pager: its name and what is in it.
    pub(super) fn take_page(&mut self) -> Option<(String, String)> {
        self.texts.pop_front()
    }

    /// What is wanted, once.
    pub(super) fn take_wants(&mut self) -> Wants {
        std::mem::take(&mut self.wants)
    }

    /// Calls the page in front, or another, with what it may look at, and draws it anew.
    fn with(
        &mut self,
        name: PageName,
        now_unix_ms: u64,
        call: impl FnOnce(&mut dyn Page, &Scene<'_>) -> Vec<Effect>,
    ) {
        self.call(name, now_unix_ms, call);
        self.dirty = true;
    }

    /// The same where there is nothing to see but what it wants done.
    fn call(
        &mut self,
        name: PageName,
        now_unix_ms: u64,
        call: impl FnOnce(&mut dyn Page, &Scene<'_>) -> Vec<Effect>,
    ) {
        let scene = Scene { known: &self.known, now_unix_ms, look: self.look, zone: &self.zone };
        let effects = call(self.pages.of(name), &scene);
        for effect in effects {
            self.dirty |= !matches!(effect, Effect::Ask(_));
            self.effect(effect, now_unix_ms);
        }
    }

    fn effect(&mut self, effect: Effect, now_unix_ms: u64) {
        match effect {
            Effect::Ask(ask) => self.ask(ask, None),
            Effect::Do(Deed { ask, done }) => self.ask(ask, Some(done)),
            Effect::Confirm(plan) => {
                self.plan_top = 0;
                self.over = Some(Over::Plan(plan));
            }
            Effect::Open(job) => {
                self.page = PageName::Execution;
                let open = self.pages.execution.open(job);
                for effect in open {
                    self.effect(effect, now_unix_ms);
                }
                self.shown(now_unix_ms);
            }
            Effect::LogOf(job) => {
                self.page = PageName::Logs;
                let open = self.pages.logs.only(job);
                for effect in open {
                    self.effect(effect, now_unix_ms);
                }
                self.shown(now_unix_ms);
            }
            Effect::Read(reading) => self.over = Some(Over::Text(reading)),
            Effect::Page { name, text } => self.texts.push_back((name, text)),
            Effect::Say(text) => self.tell(text, false, now_unix_ms),
            Effect::Complain(fault) => self.complain(&fault, now_unix_ms),
        }
    }

    fn ask(&mut self, ask: Ask, deed: Option<String>) {
        self.last_id += 1;
        self.open.insert(self.last_id, Open { ask: ask.clone(), deed });
        self.asks.push((self.last_id, ask));
    }

    fn tell(&mut self, text: String, bad: bool, at_unix_ms: u64) {
        self.note = Some(Note { text, bad, at_unix_ms });
        self.dirty = true;
    }

    /// Tells what went wrong, and what to do.
    pub(super) fn complain(&mut self, fault: &Fault, now_unix_ms: u64) {
        self.tell(fault.to_string(), true, now_unix_ms);
    }

    /// The page in front comes to the front.
    pub(super) fn shown(&mut self, now_unix_ms: u64) {
        self.began = true;
        self.with(self.page, now_unix_ms, |page, scene| page.shown(scene));
    }

    fn show(&mut self, page: PageName, now_unix_ms: u64) {
        self.page = page;
        self.over = None;
        self.shown(now_unix_ms);
    }

    /// A moment passed.
    pub(super) fn tick(&mut self, now_unix_ms: u64) {
        if self.note.as_ref().is_some_and(|it| it.at_unix_ms + NOTE_MS <= now_unix_ms) {
            self.note = None;
            self.dirty = true;
        }
        // Ages are told in seconds.
        self.dirty |= self.drawn_unix_s != now_unix_ms / 1000;
        if self.known.link == Link::Here {
            self.call(self.page, now_unix_ms, |page, scene| page.tick(scene));
        }
    }

    /// How long nothing must be heard from now on for the daemon to count as away, milliseconds.
    pub(super) fn late_in_ms(&self, now_unix_ms: u64) -> Option<u64> {
        let last = self.known.heard_unix_ms.max(self.watched_from_unix_ms);
        let away = matches!(self.known.link, Link::Away { .. });
        (!away).then(|| (last + LATE_MS).saturating_sub(now_unix_ms).min(LATE_MS))
    }

    /// So long nothing was heard.
    pub(super) fn late(&mut self, fault: Fault, now_unix_ms: u64) {
        if self.late_in_ms(now_unix_ms) == Some(0) {
            self.told(Told::Away(fault), now_unix_ms);
        }
    }

    /// A page has work that takes long.
    pub(super) fn is_busy(&mut self) -> bool {
        PageName::ALL.into_iter().any(|it| self.pages.of(it).is_busy())
    }

    /// A slice of it.
    pub(super) fn work(&mut self) {
        let busy = PageName::ALL.into_iter().find(|it| self.pages.of(*it).is_busy());
        if let Some(name) = busy {
            let page = self.pages.of(name);
            page.work();
            self.dirty |= !page.is_busy() && name == self.page;
        }
    }

    /// Takes what was told.
    pub(super) fn told(&mut self, told: Told, now_unix_ms: u64) {
        match told {
            Told::Status(status) => self.here(*status, now_unix_ms),
            Told::Away(fault) => {
                self.known.away(fault, now_unix_ms);
                self.known.refused = false;
                self.dirty = true;
            }
            Told::Refused(fault) => {
                self.known.away(fault, now_unix_ms);
                self.known.refused = true;
                self.dirty = true;
            }
            Told::Deaf(fault) => {
                self.known.deaf(fault, now_unix_ms);
                self.dirty = true;
            }
            Told::Pushed(event) => self.pushed(&event, now_unix_ms),
            Told::Answer(id, result) => self.answered(id, result, now_unix_ms),
        }
    }

    /// The daemon is here, and how it goes.
    fn here(&mut self, status: StatusView, now_unix_ms: u64) {
        let before = self.known.link.clone();
        // That time goes by is nothing to see.
        let uptime_ms = status.uptime_ms;
        let same = self.known.status.as_mut().is_some_and(|it| {
            it.uptime_ms = uptime_ms;
            *it == status
        });
        self.dirty |= before != Link::Here || !same;
        self.known.status = Some(status);
        self.known.here(now_unix_ms);
        match before {
            Link::Here => {}
            Link::Asking if self.began => {}
            Link::Asking => self.shown(now_unix_ms),
            Link::Away { .. } => self.pushed(&PushedEvent::Reset, now_unix_ms),
        }
    }

    fn pushed(&mut self, event: &PushedEvent, now_unix_ms: u64) {
        let old: Vec<u64> =
            if *event == PushedEvent::Reset { self.under_way() } else { Vec::new() };
        self.known.pushed(event);
        for name in PageName::ALL {
            self.with(name, now_unix_ms, |page, scene| page.pushed(event, scene));
        }
        if *event == PushedEvent::Reset {
            self.shown(now_unix_ms);
            self.ask_anew(&old);
        }
    }

    /// Questions that were handed on, but for acts: their answers may be older than what is told now.
    fn under_way(&self) -> Vec<u64> {
        let reads = |(id, open): (&u64, &Open)| {
            let handed_on = self.asks.iter().all(|it| it.0 != *id);
            (handed_on && open.deed.is_none() && open.ask.page().is_some()).then_some(*id)
        };
        let mut ids: Vec<u64> = self.open.iter().filter_map(reads).collect();
        ids.sort_unstable();
        ids
    }

    /// Asks these again, where the page did not by itself; what is answered to the old ones counts no more.
    fn ask_anew(&mut self, old: &[u64]) {
        for id in old {
            let Some(Open { ask, .. }) = self.open.remove(id) else { continue };
            self.wants.renew = true;
            if self.asks.iter().all(|it| it.1 != ask) {
                self.ask(ask, None);
            }
        }
    }

    fn answered(&mut self, id: u64, result: Result<Answer, Fault>, now_unix_ms: u64) {
        let Some(Open { ask, deed }) = self.open.remove(&id) else { return };
        let page = ask.page().unwrap_or(self.page);
        match result {
            Ok(answer) => {
                match &answer {
                    Answer::Explained(explanation) => {
                        self.over = Some(Over::Text(explained(explanation)));
                    }
                    Answer::Scanned(view) if deed.as_deref() == Some("") => {
                        let text = format!("looking through {}", view.roots.join(", "));
                        self.tell(text, false, now_unix_ms);
                    }
                    Answer::Scanned(_) | Answer::Acted => {}
                    Answer::Overview(_)
                    | Answer::Queue(_)
                    | Answer::Execution(_)
                    | Answer::Library(_)
                    | Answer::Failures(_)
                    | Answer::Logs(_)
                    | Answer::Models(_)
                    | Answer::Settings(_) => {}
                }
                self.wants.poke |= deed.is_some();
                if let Some(done) = deed.filter(|it| !it.is_empty()) {
                    self.tell(done, false, now_unix_ms);
                }
                self.with(page, now_unix_ms, |page, scene| page.answered(answer, scene));
            }
            Err(fault) => {
                let told = deed.is_some() || ask.page().is_none();
                if told {
                    self.complain(&fault, now_unix_ms);
                }
                self.with(page, now_unix_ms, |page, scene| {
                    page.failed(&ask, &fault, scene);
                    Vec::new()
                });
            }
        }
    }

    /// The keys of this page, then those of all.
    pub(super) fn hints(&mut self) -> Vec<Hint> {
        let mut hints = self.pages.of(self.page).hints();
        hints.extend(keys::hints(KEYS));
        hints
    }

    /// Draws everything.
    pub(super) fn draw(&mut self, frame: &mut ratatui::Frame<'_>, now_unix_ms: u64) {
        self.dirty = false;
        self.drawn_unix_s = now_unix_ms / 1000;
        let hints = self.hints();
        self.body = Rect::default();
        if let Some(body) = super::view::frame::draw(self, frame, &hints, now_unix_ms) {
            self.body = body;
            let scene =
                Scene { known: &self.known, now_unix_ms, look: self.look, zone: &self.zone };
            self.pages.of(self.page).draw(frame, body, &scene);
            super::view::frame::draw_over(self, frame, body);
        }
        if self.look.ascii {
            make_plain(frame.buffer_mut(), !self.ascii_names);
        }
    }
}

/// An explanation as a text.
fn explained(explanation: &Explanation) -> Reading {
    let mut text = vec![explanation.decision.clone(), String::new()];
    let reasons = lines(&explanation.reasons);
    text.extend(reasons.into_iter().map(|(depth, it)| format!("{}{it}", "  ".repeat(depth))));
    Reading { title: show_path(&explanation.path), lines: text, top: 0 }
}
