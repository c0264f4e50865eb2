//! Whether an item lacks subtitles, as far as Jellyfin tells; the rules look closer.

use super::label::{language, matches};
use super::{Item, Stream, StreamKind};
use crate::domain::lang::Lang;

/// Parts of the names of codecs that are pictures (PROTOCOLS.md 1.2).
const PICTURES: [&str; 4] = ["pgs", "dvdsub", "dvbsub", "vobsub"];

/// True where no subtitle of an item, inside of it or beside it, is text in a language; one that holds only what must
/// be read is none.
pub fn lacks(item: &Item, lang: &Lang) -> bool {
    !texts(item).any(|it| is_in(it, lang))
}

/// True where one of the languages that are wanted is lacking; where none is named, where no language that is spoken is
/// there.
pub fn lacks_any(item: &Item, wanted: &[Lang]) -> bool {
    if !wanted.is_empty() {
        return wanted.iter().any(|it| lacks(item, it));
    }
    let told = audio(item).filter_map(|it| it.language.as_deref().and_then(language));
    let spoken: Vec<Lang> = told.collect();
    match spoken.is_empty() {
        true => texts(item).next().is_none(),
        false => spoken.iter().all(|it| lacks(item, it)),
    }
}

/// What is known of the languages that are spoken in an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// One of its audio tracks is in the language.
    Yes,
    /// Each of them is in another one.
    No,
    /// One says none, or there is no track.
    Unknown,
}

/// Whether a language is spoken in an item, by what its audio tracks say.
pub fn spoken(item: &Item, lang: &Lang) -> Spoken {
    let told: Vec<Option<bool>> = audio(item)
        .map(|it| it.language.as_deref().filter(|it| *it != "und").map(|it| matches(it, lang)))
        .collect();
    if told.contains(&Some(true)) {
        Spoken::Yes
    } else if told.is_empty() || told.contains(&None) {
        Spoken::Unknown
    } else {
        Spoken::No
    }
}

fn audio(item: &Item) -> impl Iterator<Item = &Stream> {
    item.streams.iter().filter(|it| it.kind == StreamKind::Audio)
}

/// Subtitles that hold all that is said, as text.
fn texts(item: &Item) -> impl Iterator<Item = &Stream> {
    item.streams.iter().filter(|it| {
        let codec = it.codec.as_deref().unwrap_or_default().to_ascii_lowercase();
        let pictures =
            PICTURES.iter().any(|it| codec.contains(it)) || codec == "sup" || codec == "sub";
        it.kind == StreamKind::Subtitle && !pictures && !it.is_forced
    })
}

fn is_in(stream: &Stream, lang: &Lang) -> bool {
    stream.language.as_deref().is_some_and(|it| matches(it, lang))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::jellyfin::ItemId;

    /// Streams as `a:eng` for audio, `s:chi` for text, `p:eng` for pictures, `f:eng` for forced text.
    fn item(streams: &str) -> Item {
        let stream = |it: &str| {
            let (kind, language) = it.split_once(':').unwrap();
            Stream {
                kind: if kind == "a" { StreamKind::Audio } else { StreamKind::Subtitle },
                codec: Some(if kind == "p" { "PGSSUB" } else { "subrip" }.to_owned()),
                language: (!language.is_empty()).then(|| language.to_owned()),
                is_forced: kind == "f",
                ..Stream::default()
            }
        };
        Item {
            id: ItemId::parse(&"1".repeat(32)).unwrap(),
            name: "Heat".to_owned(),
            path: None,
            streams: streams.split_whitespace().map(stream).collect(),
        }
    }

    #[test]
    fn what_is_missing_is_known_by_language() {
        for (to, streams, expected) in [
            ("", "a:eng", true),
            ("", "a:eng s:eng", false),
            ("", "a:eng a:fre s:fra", false),
            ("", "a:eng s:chi", true),
            ("", "a:eng p:eng", true),
            ("", "a:eng f:eng", true),
            ("", "a: s:", false),
            ("", "a:", true),
            ("zh", "", true),
            ("zh", "s:chi", false),
            ("zh", "s:zho", false),
            ("zh", "s:zh-hans", false),
            ("zh", "f:zho", true),
            ("zh", "s:", true),
            ("zh", "a:zho s:eng", true),
            ("zh", "s:eng s:chi", false),
            ("zh-Hans", "a:eng s:eng", true),
            ("zh-Hans", "a:eng s:chi", false),
            ("zh-Hans", "a:eng s:zh-hant", true),
            ("zh-Hans en", "a:eng s:zh-hans", true),
            ("zh-Hans en", "a:eng s:zh-hans s:eng", false),
        ] {
            let wanted: Vec<Lang> =
                to.split_whitespace().map(|it| Lang::parse(it).unwrap()).collect();
            assert_eq!(lacks_any(&item(streams), &wanted), expected, "{to} of {streams}");
        }
    }

    #[test]
    fn what_is_spoken_is_known_where_all_tracks_say_it() {
        let en = Lang::parse("en").unwrap();
        for (streams, told) in [
            ("", Spoken::Unknown),
            ("a:eng", Spoken::Yes),
            ("a:jpn a:eng", Spoken::Yes),
            ("a:jpn", Spoken::No),
            ("a:jpn a:", Spoken::Unknown),
            ("a:und", Spoken::Unknown),
        ] {
            assert_eq!(spoken(&item(streams), &en), told, "{streams}");
        }
    }
}
