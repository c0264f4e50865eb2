//! Names of releases: the title, the year and the episode in the name of a file or a folder. What people call files
//! follows no standard; this knows what Jellyfin, Plex, Sonarr and groups of fans write.

/// Years of films lie between these; `Blade Runner 2049` is none.
const YEARS: std::ops::RangeInclusive<u16> = 1888..=2039;

/// What begins what no title has, in small letters; a title ends before it.
const NOT_TITLE: [&str; 48] = [
    "480p", "540p", "576p", "720p", "1080p", "1080i", "1440p", "2160p", "4320p", "4k", "8k", "uhd",
    "bluray", "blu-ray", "bdrip", "brrip", "bdremux", "remux", "bdmv", "web-dl", "webdl", "webrip",
    "hdtv", "pdtv", "dvdrip", "dvdscr", "hdrip", "hdcam", "x264", "x265", "h264", "h265", "h.264",
    "h.265", "hevc", "avc", "av1", "xvid", "divx", "10bit", "8bit", "hdr", "hdr10", "dts", "ac3",
    "aac", "flac", "ddp5",
];
/// Folders within the folder of a film, as discs have them.
const DISC_FOLDERS: [&str; 3] = ["bdmv", "stream", "video_ts"];
/// What seasons are called, in small letters.
const SEASON_WORDS: [&str; 6] = ["season", "series", "staffel", "saison", "temporada", "stagione"];

/// A title and the year beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) title: String,
    pub(super) year: Option<u16>,
}

/// What the name of a file tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) title: Title,
    pub(super) episode: Option<Episode>,
    pub(super) episode_title: Option<String>,
}

/// An episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Episode {
    /// `None` where the name does not tell it.
    pub(super) season: Option<u16>,
    pub(super) number: u16,
}

/// A season, by the name of its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Season(pub(super) u16);

/// Numbers of databases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) imdb: Option<String>,
    pub(super) tmdb: Option<u64>,
    pub(super) tvdb: Option<u64>,
}

pub(super) fn is_disc_folder(name: &str) -> bool {
    DISC_FOLDERS.iter().any(|it| name.eq_ignore_ascii_case(it))
}

/// The season that a folder is: `Season 01`, `S1`, `Specials`, `第二季`.
pub(super) fn season(folder: &str) -> Option<Season> {
    let name = folder.trim().to_lowercase();
    if name == "specials" {
        return Some(Season(0));
    }
    if let Some(inside) = name.strip_prefix('第').and_then(|it| it.strip_suffix('季')) {
        return chinese_number(inside.trim()).map(Season);
    }
    let rest = SEASON_WORDS.iter().find_map(|it| name.strip_prefix(it));
    let rest = rest.or_else(|| name.strip_prefix('s'))?.trim_start_matches([' ', '.', '_', '-']);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let alone = rest[digits..].chars().next().is_none_or(|it| !it.is_alphanumeric());
    let number = rest[..digits].parse().ok().filter(|_| alone && digits <= 4)?;
    // `S01E02` is an episode that has a folder for itself.
    Some(Season(number))
}

/// The title and the year in the name of a folder.
pub(super) fn title(name: &str) -> Title {
    cleaned(&without_brackets(name))
}

/// What the name of a file tells. `in_series`: a number that stands alone is that of an episode.
pub(super) fn read(stem: &str, in_series: bool) -> Release {
    let by_fans = stem.trim_start().starts_with('[');
    let bare = without_brackets(stem);
    if bare.trim().is_empty() {
        return in_brackets_alone(stem).unwrap_or_default();
    }
    let found = marker(&bare)
        .or_else(|| (by_fans || in_series).then(|| number_after_dash(&bare)).flatten())
        .or_else(|| in_series.then(|| number_first(&bare)).flatten());
    let Some(Marker { start, end, mut episode }) = found else {
        return Release { title: cleaned(&bare), ..Release::default() };
    };
    let mut before = cleaned(&bare[..start]);
    if episode.season.is_none()
        && let Some((title, number)) = before.title.rsplit_once(" S")
        && let Ok(number) = number.parse()
    {
        (before.title, episode.season) = (title.trim_end().to_owned(), Some(number));
    }
    let after = &bare[end..];
    // `12v2` is its second edition.
    let edition = after.strip_prefix('v').and_then(|it| number(it, 1));
    let after = cleaned(edition.map_or(after, |it| it.1));
    let episode_title = Some(after.title).filter(|it| it.chars().any(char::is_alphabetic));
    Release { title: before, episode: Some(episode), episode_title }
}

/// `[tmdbid-123]`, `[tmdbid=123]`, `{tmdb-123}`, `{imdb-tt123}`, `[imdbid-tt123]`, `{tvdb-123}`.
pub(super) fn ids(name: &str) -> Ids {
    let mut ids = Ids::default();
    for group in groups(name) {
        let lower = group.to_lowercase();
        let Some((word, value)) = lower.split_once(['-', '=']) else { continue };
        match word.trim().trim_end_matches("id") {
            "tmdb" => ids.tmdb = value.trim().parse().ok().or(ids.tmdb),
            "tvdb" => ids.tvdb = value.trim().parse().ok().or(ids.tvdb),
            "imdb" => ids.imdb = imdb(value.trim()).or(ids.imdb),
            _ => {}
        }
    }
    ids
}

/// A title's number in IMDb: `tt` and digits.
pub(crate) fn imdb(text: &str) -> Option<String> {
    let digits = text.strip_prefix("tt")?;
    let fine = (5..=12).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    fine.then(|| text.to_owned())
}

/// Where an episode's number stands in a name.
struct Marker {
    start: usize,
    end: usize,
    episode: Episode,
}

/// A number that says itself what it is: `S01E02`, `1x02`, `Season 1 Episode 2`, `EP03`, `第3集`.
fn marker(name: &str) -> Option<Marker> {
    let lower = name.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let begins = |at: usize| at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    let starts = || (0..bytes.len()).filter(|at| lower.is_char_boundary(*at) && begins(*at));
    starts()
        .find_map(|at| season_and_episode(&lower, at))
        .or_else(|| starts().find_map(|at| with_cross(&lower, at)))
        .or_else(|| starts().find_map(|at| episode_alone(&lower, at)))
        .or_else(|| chinese(&lower))
}

fn season_and_episode(name: &str, start: usize) -> Option<Marker> {
    let rest = &name[start..];
    let after = rest.strip_prefix("season").or_else(|| rest.strip_prefix('s'))?;
    let (season, after) = number(after.trim_start_matches([' ', '.', '_']), 4)?;
    let after = after.trim_start_matches([' ', '.', '_', '-', ',']);
    let after = ["episode", "ep", "e"].iter().find_map(|it| after.strip_prefix(it))?;
    let (episode, mut after) = number(after.trim_start_matches([' ', '.', '_']), 4)?;
    // Several episodes in one file: the first counts.
    while let Some((_, more)) =
        after.trim_start_matches(['-', '.', ' ']).strip_prefix('e').and_then(|it| number(it, 4))
    {
        after = more;
    }
    if let Some((_, more)) = after.strip_prefix('-').and_then(|it| number(it, 3)) {
        after = more;
    }
    let ends = !after.starts_with(|it: char| it.is_ascii_alphabetic() && it != 'v');
    let episode = Episode { season: Some(season), number: episode };
    ends.then(|| Marker { start, end: name.len() - after.len(), episode })
}

fn with_cross(name: &str, start: usize) -> Option<Marker> {
    let (season, after) = number(&name[start..], 2)?;
    let (episode, rest) = number(after.strip_prefix('x')?, 3)?;
    let digits = after.len() - 1 - rest.len();
    let ends = digits >= 2 && !rest.starts_with(|it: char| it.is_ascii_alphanumeric());
    let episode = Episode { season: Some(season), number: episode };
    ends.then(|| Marker { start, end: name.len() - rest.len(), episode })
}

fn episode_alone(name: &str, start: usize) -> Option<Marker> {
    let rest = &name[start..];
    let word = ["episode", "ep", "e"].into_iter().find(|it| rest.starts_with(it))?;
    let after = &rest[word.len()..];
    let after = if word == "e" { after } else { after.trim_start_matches([' ', '.', '_']) };
    let (number, after) = number(after, 4)?;
    let ends = !after.starts_with(|it: char| it.is_ascii_alphanumeric() && it != 'v');
    let episode = Episode { season: None, number };
    ends.then(|| Marker { start, end: name.len() - after.len(), episode })
}

/// `第3集`, `第二季第03话`.
fn chinese(name: &str) -> Option<Marker> {
    let mut season = None;
    let mut first = None;
    for (start, _) in name.match_indices('第') {
        let rest = &name[start + '第'.len_utf8()..];
        let Some(at) = rest.find(['季', '集', '话', '話', '回']) else { continue };
        let Some(number) = chinese_number(rest[..at].trim()) else { continue };
        let start = *first.get_or_insert(start);
        if rest[at..].starts_with('季') {
            season = Some(number);
            continue;
        }
        let end =
            name.len() - rest.len() + at + rest[at..].chars().next().map_or(0, char::len_utf8);
        return Some(Marker { start, end, episode: Episode { season, number } });
    }
    None
}

/// `Show - 12`, `Show - 12v2`.
fn number_after_dash(name: &str) -> Option<Marker> {
    name.match_indices(" - ").find_map(|(start, dash)| {
        let (number, after) = number(&name[start + dash.len()..], 4)?;
        let ends = after.is_empty() || after.starts_with([' ', '.', '(', 'v', '_']);
        let fine = ends && !YEARS.contains(&number);
        let episode = Episode { season: None, number };
        fine.then(|| Marker { start, end: name.len() - after.len(), episode })
    })
}

/// `01 - Title`, `01`.
fn number_first(name: &str) -> Option<Marker> {
    let start = name.len() - name.trim_start().len();
    let (number, after) = number(&name[start..], 3)?;
    let ends = after.is_empty() || after.starts_with([' ', '.', '-', '_', 'v']);
    let episode = Episode { season: None, number };
    ends.then(|| Marker { start, end: name.len() - after.len(), episode })
}

/// `[Group][Show][12][1080p]`.
fn in_brackets_alone(stem: &str) -> Option<Release> {
    let groups = groups(stem);
    let title = cleaned(groups.get(1).or(groups.first())?);
    let number = groups.iter().skip(2).find_map(|it| {
        let (number, after) = number(it, 3)?;
        (after.is_empty() || after.starts_with('v')).then_some(number)
    });
    let episode = number.map(|number| Episode { season: None, number });
    Some(Release { title, episode, episode_title: None })
}

/// What stands in `[]` and `{}`.
fn groups(name: &str) -> Vec<&str> {
    let inside = name.split(['[', '{']).skip(1);
    inside.filter_map(|it| Some(it.split_once([']', '}'])?.0)).collect()
}

/// Without what stands in `[]` and `{}`.
fn without_brackets(name: &str) -> String {
    let mut depth = 0_u32;
    let outside = |it: &char| {
        match it {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    name.chars().filter(outside).collect()
}

/// The title at the beginning of a name, and the year behind it.
fn cleaned(name: &str) -> Title {
    let spaced: String = if name.trim().contains(' ') {
        name.replace('_', " ")
    } else {
        name.replace(['.', '_'], " ")
    };
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let is_end = |word: &str| {
        let lower = word.trim_matches(['(', ')']).to_lowercase();
        NOT_TITLE
            .iter()
            .any(|it| lower == *it || lower.strip_prefix(it).is_some_and(|it| it.starts_with('-')))
    };
    let end = words.iter().position(|it| is_end(it)).unwrap_or(words.len());
    let words = &words[..end];
    let in_parentheses = |it: &&str| it.starts_with('(') && it.ends_with(')');
    let is_year = |it: &&str| year(it).is_some();
    let later = || words.iter().enumerate().skip(1).filter(|(_, it)| is_year(it));
    let at =
        later().find(|(_, it)| in_parentheses(it)).or_else(|| later().next_back()).map(|it| it.0);
    let (words, year) = match at {
        Some(at) => (&words[..at], year(words[at])),
        None => (words, None),
    };
    let title = words.join(" ");
    let title = title.trim_matches([' ', '-', '_', '.', ',', '(']).to_owned();
    Title { title, year }
}

fn year(word: &str) -> Option<u16> {
    let digits = word.trim_start_matches('(').trim_end_matches([')', ',']);
    let year = digits.parse().ok().filter(|_| digits.len() == 4)?;
    YEARS.contains(&year).then_some(year)
}

/// A number of at most so many digits at the beginning, and what follows it.
fn number(text: &str, digits_max: usize) -> Option<(u16, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok().filter(|_| digits <= digits_max)?;
    Some((number, &text[digits..]))
}

/// `12`, `三`, `十二`, `二十三`.
fn chinese_number(text: &str) -> Option<u16> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digit = |it: &str| match it {
        "" => Some(0),
        _ => "一二三四五六七八九".chars().position(|c| it.chars().eq([c])).map(|at| at as u16 + 1),
    };
    match text.split_once('十') {
        Some(("", ones)) => digit(ones).map(|it| 10 + it),
        Some((tens, ones)) => Some(digit(tens)? * 10 + digit(ones)?),
        None => digit(text).filter(|it| *it > 0),
    }
}
