//! What the choice of a track must do, case by case.

use super::*;
use crate::domain::media::Disposition;

/// A track as one line: index, language (`-` none), channels, flags (`dcoubvk`: default, comment, original,
/// undecodable, dub, visual impaired, karaoke; `-` none), title.
fn track(line: &str) -> AudioTrack {
    let mut parts = line.trim().splitn(5, ' ');
    let mut next = || parts.next().unwrap_or("");
    let (index, language, channels, flags, title) = (next(), next(), next(), next(), next());
    AudioTrack {
        index: index.parse().unwrap(),
        codec: "aac".to_owned(),
        decodable: !flags.contains('u'),
        language: (language != "-").then(|| language.to_owned()),
        title: (!title.is_empty()).then(|| title.to_owned()),
        disposition: Disposition {
            default: flags.contains('d'),
            original: flags.contains('o'),
            dub: flags.contains('b'),
            comment: flags.contains('c'),
            hearing_impaired: false,
            visual_impaired: flags.contains('v'),
            karaoke: flags.contains('k'),
            forced: false,
        },
        channels: channels.parse().unwrap(),
        layout: String::new(),
        sample_rate_hz: 48_000,
        start: None,
        program: None,
    }
}

fn choice(lines: &str, named: Option<Named>, prefer: &str) -> Choice {
    let audio: Vec<AudioTrack> = lines.split('|').map(track).collect();
    let prefer_langs = prefer.split_whitespace().map(|it| Lang::parse(it).unwrap()).collect();
    choose(&audio, &TrackWish { named, prefer_langs, original: None })
}

#[test]
fn the_rules_in_their_order() {
    let table = [
        ("one track", "1 - 2 -", "", Some(1)),
        ("the first in the file", "1 - 2 -|2 - 2 -", "", Some(1)),
        ("the default", "1 - 2 -|2 - 2 d", "", Some(2)),
        ("the default, though it has fewer channels", "1 en 6 -|2 en 2 d", "", Some(2)),
        ("more channels", "1 en 2 -|2 en 6 -", "", Some(2)),
        ("a preferred language before the default", "1 en 6 d|2 ja 2 -", "ja", Some(2)),
        ("preferred languages in their order", "1 en 6 d|2 ja 2 -|3 zh 2 -", "zh ja", Some(3)),
        ("the second preferred where the first is absent", "1 en 6 d|2 ja 2 -", "zh ja", Some(2)),
        ("ISO 639-2/B is the same language", "1 eng 6 d|2 chi 2 -", "zh-Hans", Some(2)),
        ("the default is a dub (three-hop translation)", "1 de 6 db|2 en 6 o", "", Some(2)),
        ("a dub by its title", "1 zh 6 d 国语配音|2 ja 2 -", "", Some(2)),
        ("a dub that is preferred", "1 de 6 b|2 en 6 do", "de", Some(1)),
        ("a commentary that is the default", "1 en 2 dc|2 en 2 -", "", Some(2)),
        ("a commentary in a preferred language", "1 ja 2 - Commentary|2 en 2 -", "ja", Some(2)),
        ("a commentary where nothing else is", "1 en 2 c", "", Some(1)),
        ("an audio description", "1 en 6 dv|2 en 2 -", "", Some(2)),
        ("karaoke", "1 ja 6 dk|2 ja 2 -", "", Some(2)),
        ("no decoder", "1 en 6 du|2 en 2 -", "", Some(2)),
        ("no decoder for any", "1 en 6 du", "", None),
    ];
    for (what, lines, prefer, chosen) in table {
        assert_eq!(choice(lines, None, prefer).chosen, chosen, "{what}");
    }
    assert_eq!(choose(&[], &TrackWish::default()), Choice { chosen: None, considered: Vec::new() });
}

#[test]
fn the_language_a_film_was_made_in() {
    let made_in = |lines: &str, prefer: &str, original: Option<&str>| {
        let audio: Vec<AudioTrack> = lines.split('|').map(track).collect();
        let prefer_langs = prefer.split_whitespace().map(|it| Lang::parse(it).unwrap()).collect();
        let original = original.map(|it| Lang::parse(it).unwrap());
        choose(&audio, &TrackWish { named: None, prefer_langs, original }).chosen
    };
    let table = [
        ("a dub that is the default", "1 en 6 d|2 ja 2 -", "", Some("ja"), Some(2)),
        ("a dub that is marked and the default", "1 en 6 db|2 ja 2 -", "", Some("ja"), Some(2)),
        ("ISO 639-2/B", "1 en 6 d|2 fre 2 -", "", Some("fr-CA"), Some(2)),
        ("preferred languages go before it", "1 en 2 -|2 ja 6 d", "en", Some("ja"), Some(1)),
        ("where no preferred one is there", "1 en 6 d|2 ja 2 -", "de", Some("ja"), Some(2)),
        ("a commentary in it", "1 ja 2 dc|2 en 2 -|3 ja 2 -", "", Some("ja"), Some(3)),
        ("only a commentary is in it", "1 ja 2 dc|2 en 2 -", "", Some("ja"), Some(2)),
        ("a dub in it", "1 fr 6 d VFQ doublage|2 fr 2 -", "", Some("fr"), Some(2)),
        ("two in it", "1 ja 2 -|2 ja 6 -|3 en 6 d", "", Some("ja"), Some(2)),
        ("none in it", "1 en 2 -|2 de 6 d", "", Some("ja"), Some(2)),
        ("none in it, one marked as a dub", "1 en 2 -|2 de 6 db", "", Some("ja"), Some(1)),
        ("tracks without a language", "1 - 2 d|2 - 6 -", "", Some("ja"), Some(1)),
        ("not known", "1 en 6 d|2 ja 2 -", "", None, Some(1)),
        ("not known, a dub is marked", "1 en 6 db|2 ja 2 -", "", None, Some(2)),
        ("a commentary first", "1 en 6 dc|2 en 2 -", "", None, Some(2)),
        ("a description by its title", "1 en 6 d Audio Description|2 en 2 -", "", None, Some(2)),
    ];
    for (what, lines, prefer, original, chosen) in table {
        assert_eq!(made_in(lines, prefer, original), chosen, "{what}");
    }
}

#[test]
fn not_knowing_the_original_changes_nothing() {
    let films = [
        "1 en 6 d|2 ja 2 o",
        "1 en 6 db|2 ja 2 -",
        "1 ja 2 -|2 en 6 -",
        "1 - 2 -|2 und 6 d",
        "1 ko 2 dc|2 ko 2 v",
    ];
    for (film, prefer) in films.iter().flat_map(|it| ["", "ja", "en ja"].map(|prefer| (it, prefer)))
    {
        let audio: Vec<AudioTrack> = film.split('|').map(track).collect();
        let prefer_langs: Vec<Lang> =
            prefer.split_whitespace().map(|it| Lang::parse(it).unwrap()).collect();
        let strange = Some(Lang::parse("sw").unwrap());
        let wish =
            |original| TrackWish { named: None, prefer_langs: prefer_langs.clone(), original };
        assert_eq!(choose(&audio, &wish(None)), choose(&audio, &wish(strange)), "{film} {prefer}");
    }
}

#[test]
fn titles_tell_what_is_beside_the_film() {
    let table = "Director's Cut Commentary|Audiokommentar mit Regisseur|Commentaire|COMMENTARY by cast|导演解说|评论音轨
        コメンタリー音声|Audio Description|English (AD)|English [Descriptive]|Karaoke|Isolated Score|With director John
        Comentarios del director|Комментарии|English AD 2.0|Music and Effects|DVS";
    for title in table.split(['|', '\n']).map(str::trim) {
        let lines = format!("1 en 6 d {title}|2 en 2 -");
        assert_eq!(choice(&lines, None, "").chosen, Some(2), "{title}");
    }
    let table = "Director's Cut 5.1|5.1|Stereo|Adagio|Commented|Surround (AC-3)|国语|Mad Max|日本語|ADR mix|Original";
    for title in table.split('|') {
        let lines = format!("1 en 6 d {title}|2 en 2 -");
        assert_eq!(choice(&lines, None, "").chosen, Some(1), "{title}");
    }
}

#[test]
fn what_is_named_wins() {
    let lang = |it: &str| Some(Named::Language(Lang::parse(it).unwrap()));
    let film = "1 en 6 d|2 ja 2 -|3 ja 2 c|4 fr 6 u";
    let table = [
        (film, Some(Named::Index(3)), Some(3)),
        (film, Some(Named::Index(4)), None),
        (film, Some(Named::Index(0)), None),
        (film, lang("ja"), Some(2)),
        (film, lang("jpn"), Some(2)),
        (film, lang("fr"), None),
        (film, lang("de"), None),
        ("1 en 6 d|2 - 2 -", lang("de"), Some(2)),
        ("1 en 6 d|2 - 2 -", lang("en"), Some(1)),
        ("1 und 6 d", lang("de"), Some(1)),
    ];
    for (lines, named, chosen) in table {
        assert_eq!(choice(lines, named.clone(), "en").chosen, chosen, "{named:?}");
    }
}

#[test]
fn every_track_has_its_reasons() {
    let shown = |choice: Choice| {
        let line = |it: &Considered| {
            let mark = if it.chosen { '*' } else { '-' };
            format!("{mark}{}: {}", it.index, it.reasons.join("; "))
        };
        choice.considered.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let film = "1 en 6 d|2 ja 2 o|3 ja 2 - Director's Commentary|4 - 1 u";
    assert_eq!(
        shown(choice(film, None, "ja en")),
        "\
-1: it is in English, one of the preferred languages; it is the default track; it has 6 channels; \
            track 2 goes before it: its language is preferred
*2: it is in Japanese, the first of the preferred languages; it is marked as the original language; \
            it has 2 channels
-3: it is a commentary (title `Director's Commentary`); it is in Japanese, the first of the preferred languages; \
            it has 2 channels; track 2 goes before it: it carries the film's own sound
-4: it tells no language; it has 1 channel; it cannot be decoded (codec `aac`)"
    );
    let audio: Vec<AudioTrack> = "1 en 6 db|2 ja 2 -".split('|').map(track).collect();
    let original = Some(Lang::parse("ja").unwrap());
    let wish = TrackWish { named: None, prefer_langs: Vec::new(), original: original.clone() };
    assert_eq!(
        shown(choose(&audio, &wish)),
        "\
-1: it is in English; it is a dub; it is the default track; it has 6 channels; \
            track 2 goes before it: it is nearer to the original
*2: it is in Japanese, the film's original language; it has 2 channels"
    );
    let wish = TrackWish { named: None, prefer_langs: vec![Lang::parse("ja").unwrap()], original };
    assert!(shown(choose(&audio, &wish)).contains(
        "it is in Japanese, the first of the preferred languages and the film's original language"
    ));
    let absent = choice("1 en 2 -", Some(Named::Language(Lang::parse("de").unwrap())), "");
    assert_eq!(
        shown(absent),
        "-1: it is in English; it has 2 channels; it is not in German, which you named"
    );
    let named = choice("1 en 2 -|2 en 2 -", Some(Named::Index(9)), "");
    assert!(shown(named).contains("you named track 9, which is no audio track of this file"));
}
