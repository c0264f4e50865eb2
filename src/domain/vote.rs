//! The language of a film by vote over several windows: one window alone may hear an opening song.

use serde::{Deserialize, Serialize};

/// Windows a vote needs before it counts, where the film has that much speech.
pub const WINDOWS_MIN: usize = 3;
/// A dissenting window counts as another language from this probability on.
const DISSENT_P_MIN: f32 = 0.7;
/// Below this probability the track's own tag is believed instead, if any window agrees with it.
const SURE_P_MIN: f32 = 0.5;
/// From this probability on a window of a mixed film speaks its own language.
const WINDOW_P_MIN: f32 = 0.6;

/// One window's languages (Whisper's codes) with probabilities, most probable first.
pub type Ballot = Vec<(String, f32)>;

/// What the vote says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The film's main language, Whisper's code.
    pub language: String,
    /// The least probability among the windows that agree (as a chain is as strong as its weakest link).
    pub confidence: f32,
    /// True where another window surely speaks another language: then each window is asked by itself.
    pub mixed: bool,
    /// For the owner: how it came about.
    pub reason: String,
}

/// Counts the ballots; `tag` is the track's own language (Whisper's code), believed in doubt. `None` without ballots.
pub fn count(ballots: &[Ballot], tag: Option<&str>) -> Option<Verdict> {
    let tops: Vec<&(String, f32)> = ballots.iter().filter_map(|it| it.first()).collect();
    let mut sums: Vec<(&str, f32)> = Vec::new();
    for (language, p) in ballots.iter().flatten() {
        match sums.iter_mut().find(|it| it.0 == language) {
            Some(sum) => sum.1 += p,
            None => sums.push((language, *p)),
        }
    }
    let (winner, _) = sums.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let least = |language: &str| {
        let agree = tops.iter().filter(|it| it.0 == language).map(|it| it.1);
        agree.reduce(f32::min).unwrap_or(0.0)
    };
    let tagged = tag.filter(|it| tops.iter().any(|top| top.0 == **it));
    let language = match tagged {
        Some(tag) if least(winner) < SURE_P_MIN => tag,
        Some(_) | None => winner,
    };
    let agree = tops.iter().filter(|it| it.0 == language).count();
    let mixed = tops.iter().any(|it| it.0 != language && DISSENT_P_MIN <= it.1);
    let confidence = least(language);
    let all = tops.len();
    let reason =
        format!("{agree} of {all} samples speak `{language}` (least sure {confidence:.2})");
    Some(Verdict { language: language.to_owned(), confidence, mixed, reason })
}

/// The language of one window in a mixed film: its own where it is sure, else the film's.
pub fn of_window(ballot: &Ballot, film: &Verdict) -> String {
    match ballot.first() {
        Some((language, p)) if WINDOW_P_MIN <= *p => language.clone(),
        Some(_) | None => film.language.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ballot(told: &[(&str, f32)]) -> Ballot {
        told.iter().map(|it| (it.0.to_owned(), it.1)).collect()
    }

    #[test]
    fn an_opening_song_does_not_decide() {
        let song = ballot(&[("en", 0.6), ("ja", 0.3)]);
        let film = ballot(&[("ja", 0.98), ("en", 0.01)]);
        let verdict = count(&[song, film.clone(), film], None).unwrap();
        assert_eq!((verdict.language.as_str(), verdict.mixed), ("ja", false));
    }

    #[test]
    fn a_film_in_two_languages_is_told_as_mixed() {
        let (a, b) = (ballot(&[("fr", 0.97)]), ballot(&[("ru", 0.95)]));
        let verdict = count(&[a.clone(), a, b.clone()], None).unwrap();
        assert_eq!((verdict.language.as_str(), verdict.mixed), ("fr", true));
        assert_eq!(of_window(&b, &verdict), "ru");
        assert_eq!(of_window(&ballot(&[("nn", 0.3)]), &verdict), "fr");
    }

    #[test]
    fn the_tag_is_believed_in_doubt_only() {
        let doubtful = ballot(&[("no", 0.4), ("da", 0.35)]);
        let dissent = ballot(&[("da", 0.45), ("no", 0.4)]);
        let ballots = [doubtful.clone(), doubtful, dissent];
        assert_eq!(count(&ballots, Some("da")).unwrap().language, "da");
        assert_eq!(count(&ballots, Some("en")).unwrap().language, "no");
        let sure = [ballot(&[("no", 0.9)]), ballot(&[("da", 0.45), ("no", 0.4)])];
        assert_eq!(count(&sure, Some("da")).unwrap().language, "no");
        assert_eq!(count(&[], Some("da")), None);
    }
}
