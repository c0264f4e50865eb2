//! Which audio track is listened to, and why (P-10).

use super::lang::Lang;
use super::media::AudioTrack;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// What the owner named: it beats every rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Named {
    /// FFmpeg's stream index.
    Index(u32),
    /// The spoken language.
    Language(Lang),
}

/// What the owner wants to be listened to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackWish {
    /// Named for this run.
    pub named: Option<Named>,
    /// Preferred languages, the best first.
    pub prefer_langs: Vec<Lang>,
    /// The language the film was made in, where somebody told it.
    pub original: Option<Lang>,
}

/// A track that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// FFmpeg's stream index.
    pub index: u32,
    /// True for the one that is listened to.
    pub chosen: bool,
    /// Why, or why not: lower-case sentences without a full stop.
    pub reasons: Vec<String>,
}

/// The choice with its reasons, in the file's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// FFmpeg's stream index; `None` where no track serves.
    pub chosen: Option<u32>,
    /// Every audio track.
    pub considered: Vec<Considered>,
}

/// Chooses the track to listen to. Tracks without a decoder are out. A named index wins; a named language leaves only
/// its tracks, or, where none carries it, those that tell no language. Then, in this order: the film's own sound before
/// commentary, audio description and karaoke; preferred languages; the original (so marked, or in the language the film
/// was made in) before others, and a dub last; the default track; more channels; the file's order.
pub fn choose(audio: &[AudioTrack], wish: &TrackWish) -> Choice {
    let standings: Vec<Standing> =
        audio.iter().enumerate().map(|(nth, it)| Standing::of(nth, it, audio, wish)).collect();
    let best = standings.iter().filter(|it| it.out.is_none()).min_by_key(|it| it.rank.key());
    let considered = standings.iter().map(|it| it.considered(best)).collect();
    Choice { chosen: best.map(|it| it.index), considered }
}

/// Where a track stands among the others.
struct Standing {
    index: u32,
    /// Why it cannot be chosen at all.
    out: Option<String>,
    rank: Rank,
    facts: Vec<String>,
}

/// The rules in their order; the least wins.
struct Rank {
    aside: bool,
    preference: usize,
    dubbed: u8,
    not_default: bool,
    channels: Reverse<u16>,
    nth: usize,
}

impl Rank {
    fn key(&self) -> (bool, usize, u8, bool, Reverse<u16>, usize) {
        (self.aside, self.preference, self.dubbed, self.not_default, self.channels, self.nth)
    }

    /// The rule by which this one wins over the other.
    fn wins_by(&self, other: &Rank) -> &'static str {
        if self.aside != other.aside {
            "it carries the film's own sound"
        } else if self.preference != other.preference {
            "its language is preferred"
        } else if self.dubbed != other.dubbed {
            "it is nearer to the original"
        } else if self.not_default != other.not_default {
            "it is the default track"
        } else if self.channels != other.channels {
            "it has more channels"
        } else {
            "it comes first in the file"
        }
    }
}

impl Standing {
    fn of(nth: usize, track: &AudioTrack, audio: &[AudioTrack], wish: &TrackWish) -> Standing {
        let aside = beside_the_film(track);
        let language = language(track);
        let preference = language
            .as_ref()
            .and_then(|it| wish.prefer_langs.iter().position(|wanted| wanted.same_language(it)));
        let dub = track.disposition.dub || titled(track, DUB);
        let first_spoken = language
            .as_ref()
            .is_some_and(|it| wish.original.as_ref().is_some_and(|film| film.same_language(it)));
        let original = track.disposition.original || (first_spoken && !dub);
        let dubbed = if original { 0 } else { 1 + u8::from(dub) };
        let mut facts = Vec::new();
        if let Some(what) = aside {
            facts.push(match &track.title {
                Some(title) => format!("it is {what} (title `{title}`)"),
                None => format!("it is {what}"),
            });
        }
        facts.push(match &language {
            Some(it) => spoken(it, preference, first_spoken),
            None => "it tells no language".to_owned(),
        });
        if track.disposition.original {
            facts.push("it is marked as the original language".to_owned());
        } else if dub {
            facts.push("it is a dub".to_owned());
        }
        if track.disposition.default {
            facts.push("it is the default track".to_owned());
        }
        match track.channels {
            0 => {}
            1 => facts.push("it has 1 channel".to_owned()),
            more => facts.push(format!("it has {more} channels")),
        }
        let rank = Rank {
            aside: aside.is_some(),
            preference: preference.unwrap_or(usize::MAX),
            dubbed,
            not_default: !track.disposition.default,
            channels: Reverse(track.channels),
            nth,
        };
        Standing { index: track.index, out: out(track, audio, wish), rank, facts }
    }

    fn considered(&self, best: Option<&Standing>) -> Considered {
        let chosen = best.is_some_and(|it| it.index == self.index);
        let mut reasons = self.facts.clone();
        match (&self.out, best) {
            (Some(why), _) => reasons.push(why.clone()),
            (None, Some(best)) if !chosen => {
                let rule = best.rank.wins_by(&self.rank);
                reasons.push(format!("track {} goes before it: {rule}", best.index));
            }
            (None, _) => {}
        }
        Considered { index: self.index, chosen, reasons }
    }
}

/// In which language a track is, and what that means.
fn spoken(language: &Lang, preference: Option<usize>, original: bool) -> String {
    let preferred = match preference {
        Some(0) => Some("the first of the preferred languages"),
        Some(_) => Some("one of the preferred languages"),
        None => None,
    };
    let parts = [preferred, original.then_some("the film's original language")];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let name = language.name_en();
    if parts.is_empty() {
        format!("it is in {name}")
    } else {
        format!("it is in {name}, {}", parts.join(" and "))
    }
}

/// Why a track cannot be chosen: no decoder, or the owner named another one.
fn out(track: &AudioTrack, audio: &[AudioTrack], wish: &TrackWish) -> Option<String> {
    if !track.decodable {
        return Some(format!("it cannot be decoded (codec `{}`)", track.codec));
    }
    match &wish.named {
        None => None,
        Some(Named::Index(index)) if *index == track.index => None,
        Some(Named::Index(index)) if audio.iter().any(|it| it.index == *index) => {
            Some(format!("you named track {index}"))
        }
        Some(Named::Index(index)) => {
            Some(format!("you named track {index}, which is no audio track of this file"))
        }
        Some(Named::Language(wanted)) => {
            let is_wanted =
                |it: &AudioTrack| language(it).is_some_and(|it| it.same_language(wanted));
            let may_be = !audio.iter().any(is_wanted) && language(track).is_none();
            let not = || format!("it is not in {}, which you named", wanted.name_en());
            (!is_wanted(track) && !may_be).then(not)
        }
    }
}

fn language(track: &AudioTrack) -> Option<Lang> {
    track.language.as_deref().and_then(|it| Lang::parse(it).ok())
}

/// What a track is that does not carry the film's own sound, by its flags or its title.
fn beside_the_film(track: &AudioTrack) -> Option<&'static str> {
    let director = titled(track, &["director", "directors"]) && !titled(track, &["cut"]);
    if track.disposition.comment || titled(track, COMMENTARY) || director {
        Some("a commentary")
    } else if track.disposition.visual_impaired || titled(track, DESCRIPTION) {
        Some("an audio description")
    } else if track.disposition.karaoke || titled(track, KARAOKE) {
        Some("karaoke or music only")
    } else {
        None
    }
}

/// Words of titles, lower case; phrases match whole words in a row, CJK ones anywhere.
const COMMENTARY: &[&str] = &[
    "commentary",
    "commentaries",
    "comment",
    "comments",
    "commentator",
    "kommentar",
    "audiokommentar",
    "commentaire",
    "commentaires",
    "comentario",
    "comentarios",
    "comentário",
    "comentários",
    "commento",
    "commenti",
    "commentaar",
    "komentarz",
    "komentář",
    "kommentár",
    "kommentti",
    "комментарий",
    "комментарии",
    "коментар",
    "解说",
    "解說",
    "评论",
    "評論",
    "评论音轨",
    "コメンタリー",
    "코멘터리",
    "해설",
];
const DESCRIPTION: &[&str] = &[
    "ad",
    "dvs",
    "descriptive",
    "described",
    "audio description",
    "audiodescription",
    "visually impaired",
    "audiodeskription",
    "hörfilm",
    "audiodescripción",
    "audiodescrizione",
    "audiodescrição",
    "тифлокомментарий",
    "口述影像",
    "音声解説",
    "音声ガイド",
    "화면해설",
];
const KARAOKE: &[&str] = &[
    "karaoke",
    "instrumental",
    "music only",
    "isolated score",
    "music and effects",
    "m e",
    "卡拉ok",
    "伴奏",
    "カラオケ",
    "노래방",
];
const DUB: &[&str] = &[
    "dub",
    "dubbed",
    "dubbing",
    "doublage",
    "doblaje",
    "synchronfassung",
    "дубляж",
    "дублированный",
    "配音",
    "吹替",
    "吹き替え",
    "더빙",
];

fn titled(track: &AudioTrack, words: &[&str]) -> bool {
    let Some(title) = &track.title else { return false };
    let lower = title.to_lowercase();
    let spaced = lower.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    let padded = format!(" {} ", spaced.collect::<Vec<_>>().join(" "));
    words.iter().any(|word| {
        let runs_together = word.chars().any(|it| it >= '\u{3000}');
        if runs_together { lower.contains(word) } else { padded.contains(&format!(" {word} ")) }
    })
}

#[cfg(test)]
mod tests;
