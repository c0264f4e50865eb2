//! How Jellyfin reads the name of a subtitle file (PROTOCOLS.md 1.4), written anew from its description so that it
//! shares no mistake with what it is to test. Its table has the languages that tests use.

/// What a name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) language: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) is_default: bool,
    pub(crate) is_forced: bool,
    pub(crate) is_hearing_impaired: bool,
}

/// Generations of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rules {
    V10_10,
    V10_11,
    V12,
}

impl Rules {
    pub(crate) fn of(version: &str) -> Rules {
        match version {
            it if it.starts_with("10.9.") || it.starts_with("10.10.") => Rules::V10_10,
            it if it.starts_with("10.11.") => Rules::V10_11,
            _ => Rules::V12,
        }
    }
}

/// Words, what 10.10 stores, what 10.11 and later do, what is shown; nothing where the version knows no such row.
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("zh zho chi chinese", "chi", "zho", "Chinese"),
    ("ze", "chi", "zho", "Chinese"),
    ("zh-cn chinese_(simplified)", "", "zh-cn", "Chinese (Simplified)"),
    ("zh-hans", "", "zh-hans", "Chinese (Simplified)"),
    ("zh-tw chinese_(traditional)", "chi", "zh-tw", "Chinese (Traditional)"),
    ("zh-hant", "", "zh-hant", "Chinese (Traditional)"),
    ("zh-hk", "chi", "zh-hk", "Chinese (Hong Kong)"),
    ("en eng english", "eng", "eng", "English"),
    ("fr fre fra french", "fre", "fra", "French"),
    ("de ger deu german", "ger", "deu", "German"),
    ("ja jpn japanese", "jpn", "jpn", "Japanese"),
    ("ko kor korean", "kor", "kor", "Korean"),
    ("es spa", "spa", "spa", "Spanish"),
    ("es-mx", "spa", "", "Spanish"),
    ("es-419", "", "es-419", "Spanish"),
    ("pt por portuguese", "por", "por", "Portuguese"),
    ("pt-br", "pob", "pt-br", "Portuguese (Brazil)"),
    ("it ita italian", "ita", "ita", "Italian"),
    ("ru rus russian", "rus", "rus", "Russian"),
    ("hi hin hindi", "hin", "hin", "Hindi"),
    ("nl dut nld", "dut", "nld", "Dutch"),
    ("pl pol polish", "pol", "pol", "Polish"),
    ("sv swe swedish", "swe", "swe", "Swedish"),
    ("da dan danish", "dan", "dan", "Danish"),
    ("uk ukr ukrainian", "ukr", "ukr", "Ukrainian"),
    ("ar ara arabic", "ara", "ara", "Arabic"),
    ("cs cze ces czech", "cze", "ces", "Czech"),
];
/// Rows without a code of two letters, which only 12 keeps.
const LONG_ROWS: &[(&str, &str)] = &[("fil", "Filipino"), ("und", "Undetermined")];
const ENDINGS: [&str; 9] = ["ass", "mks", "sami", "smi", "srt", "ssa", "sub", "sup", "vtt"];

fn known(rules: Rules, word: &str) -> Option<&'static str> {
    let word = word.to_lowercase().replace(' ', "_");
    let row = ROWS.iter().find(|row| {
        let stored = if rules == Rules::V10_10 { row.1 } else { row.2 };
        !stored.is_empty() && row.0.split(' ').any(|it| it == word)
    });
    if rules == Rules::V12 && row.is_none() {
        return LONG_ROWS.iter().find(|it| it.0 == word).map(|it| it.0);
    }
    row.map(|row| if rules == Rules::V10_10 { row.1 } else { row.2 })
}

/// The name of a stored code.
pub(crate) fn shown(rules: Rules, code: &str) -> String {
    // 10.10 asks .NET for its 639-2/B code, and .NET knows the other ones.
    let unknown =
        rules == Rules::V10_10 && ["chi", "fre", "ger", "dut", "cze", "pob"].contains(&code);
    let row = ROWS.iter().find(|it| it.1 == code || it.2 == code).filter(|_| !unknown);
    let long = LONG_ROWS.iter().find(|it| it.0 == code).map(|it| it.1);
    match (row, long) {
        // Only neutral cultures are looked up.
        (Some(_), _) if rules == Rules::V10_11 && code == "zh-cn" => "Chinese".to_owned(),
        (Some(row), _) => row.3.to_owned(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => {
            let mut letters = code.chars();
            letters.next().map_or(String::new(), |it| it.to_uppercase().chain(letters).collect())
        }
    }
}

/// Reads a file's name; `None` for one that is no subtitle of the video with this stem.
pub(crate) fn read(rules: Rules, stem: &str, file: &str) -> Option<Said> {
    let (name, ending) = file.rsplit_once('.')?;
    ENDINGS.contains(&ending.to_lowercase().as_str()).then_some(())?;
    let begins = name.get(..stem.len()).is_some_and(|it| it.to_lowercase() == stem.to_lowercase());
    let rest = begins.then(|| &name[stem.len()..])?;
    let mut said = Said::default();
    if rest.is_empty() {
        return Some(said);
    }
    let mut title: Vec<&str> = Vec::new();
    for token in rest.strip_prefix('.')?.split('.').rev() {
        let lower = token.to_lowercase();
        let code = known(rules, token);
        let was_hindi = said.language.as_deref() == Some("hin");
        match (lower.as_str(), code) {
            (it, _) if it.contains("default") => said.is_default = true,
            (it, _) if it.contains("forced") || it.contains("foreign") => said.is_forced = true,
            (_, Some(code)) if said.language.is_none() => said.language = Some(code.to_owned()),
            (_, Some(code)) if was_hindi => {
                said.is_hearing_impaired = true;
                said.language = Some(code.to_owned());
            }
            ("cc" | "hi" | "sdh", _) => said.is_hearing_impaired = true,
            _ => title.insert(0, token),
        }
    }
    said.title = Some(title.join(".")).filter(|it| !it.is_empty());
    Some(said)
}

#[test]
fn all_vectors_hold() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/jellyfin-sidecar-name-vectors.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let vectors: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(!vectors.is_empty());
    for (part, versions) in &vectors {
        for (version, told) in versions.as_object().unwrap() {
            let rules = Rules::of(version.trim_start_matches('v'));
            let said = read(rules, "Film", &format!("film{part}.srt")).unwrap();
            let text = |name: &str| told[name].as_str().map(str::to_owned);
            let expected = Said {
                language: text("language"),
                title: text("title"),
                is_default: told["default"] == true,
                is_forced: told["forced"] == true,
                is_hearing_impaired: told["hi"] == true,
            };
            assert_eq!(said, expected, "{part} in {version}");
            if let (Some(shows), Some(code)) = (told["display"].as_str(), &said.language) {
                assert_eq!(shown(rules, code), shows, "{part} in {version}");
            }
        }
    }
    assert_eq!(read(Rules::V12, "Film", "Film 2.en.srt"), None);
    assert_eq!(read(Rules::V12, "Film", "Film.en.txt"), None);
    assert_eq!(read(Rules::V12, "Film", "Other.en.srt"), None);
}
