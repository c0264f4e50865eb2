//! Translators in `kinora.toml` and the environment: who translates, in which order, with which key; and mistakes,
//! none of which repeats a key.

use crate::config;
use kinora::app::config::{
    Config, Key, LocalModel, Overrides, Setting, TranslatorSetting, translator_specs,
};
use kinora::domain::fault::Fault;
use kinora::domain::order::Bilingual;
use kinora::domain::time::Ms;
use kinora::domain::translate::cut::CutLimits;
use kinora::engines::llm::{Rung, Secret, TranslatorKind};
use std::path::PathBuf;
use std::time::Duration;

fn read(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    config::read(text, env, Overrides::default())
}

fn names(config: &Config) -> Vec<&str> {
    config.translators.iter().map(|it| it.name.as_str()).collect()
}

fn secret(key: &str) -> Secret {
    Secret(Some(key.to_owned()))
}

fn nobody(_: Option<&str>) -> Result<Option<LocalModel>, Fault> {
    Ok(None)
}

#[test]
fn an_empty_file_has_the_local_translator_alone() {
    let config = read("", &[]).unwrap();
    let local = TranslatorSetting {
        name: "local".to_owned(),
        kind: Setting::Local { model: None, context: 8192, threads: 0 },
        parallel: 1,
        silence_max: Duration::from_secs(300),
        temperature: 0.2,
    };
    assert_eq!(config.translators, [local]);
    assert_eq!(config.translate.chain, ["local"]);
    assert_eq!(config.translate.cut, CutLimits::default());
    assert_eq!((config.translate.history_lines, config.translate.infer_terms), (8, false));
    assert_eq!(config.bilingual, None);
    assert_eq!((config.metadata.tmdb_key, config.metadata.bangumi), (Key::None, false));
    assert_eq!(config.metadata.tmdb_url, "https://api.themoviedb.org");
    assert_eq!(config.metadata.bangumi_url, "https://api.bgm.tv");
}

#[test]
fn every_key_of_translation_is_read() {
    let text = r#"
        [translate]
        translators = ["nas", "cloud-1", "nas"]
        batch_lines = 100
        batch_chars = 100
        history_lines = 0
        scene_gap = "1m"
        infer_terms = true
        [output]
        bilingual = true
        bilingual_order = "original_first"
        [metadata]
        tmdb_key_env = "MY_TMDB"
        tmdb_url = "http://10.0.0.7/tmdb/"
        bangumi = true
        bangumi_url = "http://10.0.0.7/bangumi"
        [[translator]]
        name = "cloud-1"
        kind = "openai"
        url = "https://api.example.com/v1/"
        model = "chat"
        key_file = "/run/secrets/cloud"
        parallel = 9
        silence_max = "30s"
        temperature = 0
        answers = "json_object"
        [[translator]]
        name = "nas"
        kind = "ollama"
        url = "http://10.0.0.5:11434"
        model = "qwen3:8b"
        num_ctx = 512
        think = true
        [[translator]]
        name = "own"
        kind = "local"
        model = "qwen"
        num_ctx = 4096
        threads = 3
    "#;
    let config = read(text, &[("MY_TMDB", "abc")]).unwrap();
    assert_eq!(names(&config), ["cloud-1", "nas", "own"], "there is a local one already");
    assert_eq!(config.translate.chain, ["nas", "cloud-1"]);
    let cloud = TranslatorSetting {
        name: "cloud-1".to_owned(),
        kind: Setting::OpenAi {
            url: "https://api.example.com/v1".to_owned(),
            model: "chat".to_owned(),
            key: Key::File("/run/secrets/cloud".into()),
            rung: Some(Rung::Object),
        },
        parallel: 9,
        silence_max: Duration::from_secs(30),
        temperature: 0.0,
    };
    assert_eq!(config.translators[0], cloud);
    let (url, model) = ("http://10.0.0.5:11434".to_owned(), "qwen3:8b".to_owned());
    let nas = Setting::Ollama { url, model, num_ctx: 512, think: true };
    assert_eq!((&config.translators[1].kind, config.translators[1].parallel), (&nas, 1));
    let own = Setting::Local { model: Some("qwen".to_owned()), context: 4096, threads: 3 };
    assert_eq!(config.translators[2].kind, own);
    let cut = CutLimits { scene_gap: Ms(60_000), batch_lines: 100, batch_chars: 100 };
    assert_eq!(config.translate.cut, cut);
    assert_eq!((config.translate.history_lines, config.translate.infer_terms), (0, true));
    assert_eq!(config.bilingual, Some(Bilingual::OriginalFirst));
    let metadata = config.metadata;
    let key = Key::Env { variable: "MY_TMDB".to_owned(), value: secret("abc") };
    assert_eq!((metadata.tmdb_key, metadata.bangumi), (key, true));
    assert_eq!(metadata.tmdb_url, "http://10.0.0.7/tmdb");
    assert_eq!(metadata.bangumi_url, "http://10.0.0.7/bangumi");
}

const TWO: &str = "[[translator]]\nname = \"nas\"\nkind = \"ollama\"\n\
                   [[translator]]\nname = \"cloud\"\nkind = \"openai\"\n\
                   url = \"https://api.example.com/v1\"\n";

#[test]
fn all_translate_in_the_order_of_the_file_unless_some_are_named() {
    assert_eq!(read(TWO, &[]).unwrap().translate.chain, ["nas", "cloud", "local"]);
    let named = format!("[translate]\ntranslators = [\"local\", \"nas\"]\n{TWO}");
    assert_eq!(read(&named, &[]).unwrap().translate.chain, ["local", "nas"]);
    let env = [("KINORA__TRANSLATE__TRANSLATORS", "cloud,local")];
    assert_eq!(read(&named, &env).unwrap().translate.chain, ["cloud", "local"]);
    let flag = |names: &[&str]| Overrides {
        translators: Some(names.iter().map(|it| (*it).to_owned()).collect()),
        bilingual: Some(true),
        ..Overrides::default()
    };
    let config = config::read(&named, &[], flag(&["cloud"])).unwrap();
    assert_eq!(config.translate.chain, ["cloud"]);
    assert_eq!(config.bilingual, Some(Bilingual::TranslationFirst));
    assert_eq!(config::read(&named, &[], flag(&[])).unwrap().translate.chain, [""; 0]);
    let told = config::read(&named, &[], flag(&["clod"])).unwrap_err();
    assert!(told.contains("--translator names `clod`"), "{told}");
    assert!(told.contains("did you mean `cloud`?"), "{told}");
}

#[test]
fn a_library_has_translators_of_its_own_or_none() {
    let library = |keys: &str| {
        format!(
            "{TWO}[output]\nbilingual = true\n[[library]]\nname = \"Films\"\npath = \"/films\"\n{keys}"
        )
    };
    for (keys, chain, bilingual) in [
        ("", &["nas", "cloud", "local"][..], Some(Bilingual::TranslationFirst)),
        ("translators = [\"local\"]\nbilingual = false", &["local"], None),
        ("translate = true", &["nas", "cloud", "local"], Some(Bilingual::TranslationFirst)),
        ("translate = false\nbilingual = true", &[], Some(Bilingual::TranslationFirst)),
    ] {
        let films = read(&library(keys), &[]).unwrap().libraries.remove(0);
        assert_eq!(films.translators, chain, "{keys}");
        assert_eq!(films.bilingual, bilingual, "{keys}");
    }
    for (keys, says) in [
        ("translators = []", "translators of library `Films` is empty; name one, leave it out, or"),
        (
            "translators = [\"nass\"]",
            "library `Films` names `nass`, and there is no such translator",
        ),
        ("translate = false\ntranslators = [\"nas\"]", "and says translate = false; take one"),
        ("translate = \"no\"", "`library.translate`: true or false"),
    ] {
        let told = read(&library(keys), &[]).unwrap_err();
        assert!(told.contains(says), "{keys}: {told}");
    }
}

#[test]
fn the_environment_stands_for_a_translator_or_for_what_one_does_not_say() {
    let env = [
        ("OLLAMA_BASE_URL", "http://10.0.0.5:11434/"),
        ("OLLAMA_MODEL", "qwen3:8b"),
        ("OPENAI_BASE_URL", "http://vllm:8000/v1"),
        ("OPENAI_MODEL", "chat"),
        ("OPENAI_API_KEY", "sk-env"),
    ];
    let config = read("[lanes]\nnet_workers = 7", &env).unwrap();
    assert_eq!(names(&config), ["ollama", "openai", "local"]);
    let (url, model) = ("http://10.0.0.5:11434".to_owned(), "qwen3:8b".to_owned());
    let ollama = Setting::Ollama { url, model, num_ctx: 8192, think: false };
    assert_eq!(config.translators[0].kind, ollama);
    let openai = Setting::OpenAi {
        url: "http://vllm:8000/v1".to_owned(),
        model: "chat".to_owned(),
        key: Key::Is(secret("sk-env")),
        rung: None,
    };
    assert_eq!((&config.translators[1].kind, config.translators[1].parallel), (&openai, 7));
    let config = read(TWO, &env).unwrap();
    assert_eq!(names(&config), ["nas", "cloud", "local"], "there is one of each kind already");
    assert_eq!(config.translators[0].kind, ollama, "it says no address of its own");
    let Setting::OpenAi { url, key, .. } = &config.translators[1].kind else { panic!() };
    assert_eq!(url, "https://api.example.com/v1", "the file says it for this one alone");
    assert_eq!(*key, Key::None, "the environment's key is for the environment's server");
    let config = read("", &[("OPENAI_API_KEY", "sk-env"), ("OPENAI_MODEL", "chat")]).unwrap();
    assert_eq!(names(&config), ["local"], "a key alone calls nobody");
    let list = "[{ name = \"a\", kind = \"ollama\" }]";
    let config = read(TWO, &[("KINORA__TRANSLATOR", list)]).unwrap();
    assert_eq!(names(&config), ["a", "local"]);
}

#[test]
fn keys_are_read_when_they_are_needed() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        Key::File(path)
    };
    let env = |value: Option<&str>| Key::Env {
        variable: "MY_KEY".to_owned(),
        value: Secret(value.map(str::to_owned)),
    };
    for (key, is) in [
        (Key::None, Secret(None)),
        (Key::Is(secret("sk-1")), secret("sk-1")),
        (file("plain", b"sk-hunter2"), secret("sk-hunter2")),
        (file("newline", b"\xEF\xBB\xBF sk-hunter2\r\n\n"), secret("sk-hunter2")),
        (env(Some("sk-2\n")), secret("sk-2")),
    ] {
        assert_eq!(key.read(), Ok(is));
    }
    let absent = Key::File(dir.path().join("absent"));
    for (key, says) in [
        (absent, "cannot be read"),
        (Key::File(dir.path().to_owned()), "cannot be read"),
        (file("empty", b"\n"), "is no key: it is empty"),
        (file("two", b"sk-hunter2\nsk-hunter3"), "is no key: it has spaces, line breaks"),
        (file("bytes", b"sk-hunter2\xFF"), "cannot be read"),
        (file("long", &[b'h'; 5000]), "is no key: it is longer than 4096 bytes"),
        (env(None), "the variable MY_KEY, which is to hold a key, is not set"),
        (env(Some("sk hunter2")), "MY_KEY: it has spaces"),
    ] {
        let told = key.read().unwrap_err().to_string();
        assert!(told.contains(says) && !told.contains("hunter"), "{told}");
    }
}

#[test]
fn engines_get_keys_and_weights_and_nothing_for_a_model_that_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    let text = format!(
        "[listen]\nthreads = 3\n{TWO}key_file = \"{}\"\n[[translator]]\nname = \"own\"\n\
         kind = \"local\"\nmodel = \"qwen\"",
        file.display()
    );
    let config = read(&text, &[]).unwrap();
    let told = translator_specs(&config, nobody).unwrap_err().to_string();
    assert!(told.contains("translator `cloud`: the key file"), "{told}");
    std::fs::write(&file, "sk-hunter2\n").unwrap();
    let specs = translator_specs(&config, nobody).unwrap();
    let has = specs.iter().map(|it| it.name.as_str()).collect::<Vec<_>>();
    assert_eq!(has, ["nas", "cloud"]);
    let TranslatorKind::OpenAi { key, .. } = &specs[1].kind else { panic!() };
    assert_eq!(*key, secret("sk-hunter2"));
    assert!(!format!("{specs:?} {config:?}").contains("hunter2"), "no log shows it");
    let found = |name: Option<&str>| {
        assert_eq!(name, Some("qwen"));
        Ok(Some(LocalModel { weights: PathBuf::from("/m.gguf"), identity: "m".to_owned() }))
    };
    let specs = translator_specs(&config, found).unwrap();
    let local = TranslatorKind::Local {
        weights: "/m.gguf".into(),
        identity: "m".to_owned(),
        context: 8192,
        threads: 3,
    };
    assert_eq!(specs[2].kind, local);
    let broken = |_: Option<&str>| Err(Fault::operator("there is no such model", "pull it"));
    let told = translator_specs(&config, broken).unwrap_err().to_string();
    assert_eq!(told, "translator `own`: there is no such model; pull it");
}

#[test]
fn a_mistake_about_translators_is_told_and_repeats_no_key() {
    let one = |keys: &str| format!("[[translator]]\nname = \"x\"\n{keys}");
    let cloud = |keys: &str| one(&format!("kind = \"openai\"\n{keys}"));
    let at = |url: &str| cloud(&format!("url = \"{url}\"\nkey = \"hunter2\""));
    let many = one("kind = \"ollama\"\n").repeat(21);
    for (text, says) in [
        (
            "[translate]\nbatch_lines = 0",
            "line 2, `translate.batch_lines`: a whole number from 1 t",
        ),
        ("[translate]\nbatch_chars = 99", "a whole number from 100 to 20000"),
        ("[translate]\nhistory_lines = 51", "a whole number from 0 to 50"),
        ("[translate]\nscene_gap = \"11m\"", "a time from \"1s\" to \"10m\""),
        ("[translate]\ntranslator = []", "`translator` is unknown; did you mean `translators`?"),
        (
            "[translate]\ntranslators = [\"lan\"]",
            "`lan`, and there is no such translator; known are",
        ),
        ("[translate]\ntranslators = [\"zzzzzz\"]", "translator; known are local"),
        ("translate = 1", "`translate`: a section"),
        ("translate = [1]", "`translate` is no section; write [translate]"),
        ("translator = [\"x\"]", "`translator` is no list of sections; write [[translator]]"),
        ("[[translator]]\nkind = \"ollama\"", "`name` is missing"),
        (&one(""), "line 1: `kind` is missing"),
        (
            &one("kind = \"olama\""),
            "line 3, `translator.kind`: `olama` is unknown; did you mean `ol",
        ),
        ("[[translator]]\nname = \"Ä\"\nkind = \"local\"", "`Ä` is no name; write"),
        ("[[translator]]\nname = \"local\"\nkind = \"ollama\"", "is called `local`; call it other"),
        (&one("kind = \"ollama\"\n").repeat(2), "there are two translators with the name `x`"),
        (&many, "21 translators are too many"),
        (
            &one("kind = \"ollama\"\nurl = \"nas:11434\""),
            "`translator.url`: `nas:11434` is no web ad",
        ),
        (
            &one("kind = \"ollama\"\nkey = \"hunter2\""),
            "`x` has a key, which the kind `ollama` has",
        ),
        (&one("kind = \"local\"\nurl = \"http://x\""), "has a url, which the kind `local` has not"),
        (&one("kind = \"ollama\"\nthreads = 1"), "has a threads, which"),
        (&cloud("think = true"), "has a think, which the kind `openai` has not"),
        (&cloud("num_ctx = 512"), "has a num_ctx"),
        (&one("kind = \"ollama\"\nanswers = \"text\""), "has a answers"),
        (&one("kind = \"ollama\"\nnum_ctx = 511"), "a whole number from 512 to 1048576"),
        (&one("kind = \"ollama\"\nparallel = 65"), "a whole number from 1 to 64"),
        (&one("kind = \"ollama\"\ntemperature = 2.1"), "a number from 0 to 2"),
        (&one("kind = \"ollama\"\nsilence_max = \"2h\""), "a time from \"10s\" to \"1h\""),
        (&cloud("answers = \"xml\""), "`xml` is unknown; known are auto, json_schema, json_object"),
        (&cloud(""), "translator `x` has no url; write one like `http://10.0.0.5:8000/v1`"),
        (&cloud("key = \"\""), "`translator.key`: it is empty"),
        (&cloud("key = [\"hunter2\"]"), "`translator.key`: a text is expected"),
        (&cloud("key = hunter2"), "FILE, line 4"),
        (&cloud("key = \"hunter2"), "FILE, line 4"),
        (&cloud("key = 'hunter2' hunter2"), "FILE, line 4"),
        (&cloud("key = \"hunter2 \\u0007\""), "it has spaces, line breaks"),
        (
            &cloud("key_env = \"sk-hunter2\""),
            "it is no name of a variable; write one like `DEEPSEEK",
        ),
        (&cloud("url = \"http://nas/v1\"\nkey_file = \"key\""), "key_file is no absolute path"),
        (
            &cloud("url = \"http://nas/v1\"\nkey = \"hunter2\"\nkey_env = \"K\""),
            "translator `x` has its key in more than one place; keep one of",
        ),
        (
            &at("http://8.8.8.8/v1"),
            "would send its key over the internet for all to read; write https",
        ),
        (&at("http://api.example.com/v1"), "would send its key"),
        (&at("http://ann:hunter2@nas/v1"), "there is a user name or a password in it"),
        ("[metadata]\ntmdb_keys = \"hunter2\"", "`tmdb_keys` is unknown; did you mean `tmdb_key`?"),
        ("[metadata]\ntmdb_key = \"hunter2 x\"", "`metadata.tmdb_key`: it has spaces"),
        ("[metadata]\ntmdb_key_file = \"k\"", "metadata.tmdb_key_file is no absolute path"),
        (
            "[metadata]\ntmdb_key_env = \"K\"\ntmdb_url = \"http://tmdb.example\"",
            "metadata.tmdb_url would send the key over the internet",
        ),
        ("[output]\nbilingual_order = \"both\"", "`both` is unknown; known are translation_first"),
    ] {
        let told = read(text, &[]).expect_err(text);
        assert!(told.contains(says) && !told.contains("hunter2"), "{text}: {told}");
    }
    for url in ["http://10.0.0.5/v1", "http://vllm/v1", "https://api.example.com/v1"] {
        assert!(read(&at(url), &[]).is_ok(), "{url}");
    }
    for (name, value, says) in [
        ("KINORA__TRANSLATOR", "hunter2", "KINORA__TRANSLATOR: a list of tables such as [{ name ="),
        (
            "KINORA__METADATA__TMDB_KEYS",
            "hunter2",
            "KINORA__METADATA__TMDB_KEYS: `tmdb_keys` is unk",
        ),
        ("KINORA__METADATA__TMDB_KEY", "hunter2 x", "KINORA__METADATA__TMDB_KEY: it has spaces"),
        ("OPENAI_API_KEY", "hunter2 x", "OPENAI_API_KEY: it has spaces"),
        (
            "OLLAMA_BASE_URL",
            "nas:11434",
            "OLLAMA_BASE_URL: `nas:11434` is no web address; write it",
        ),
        ("OLLAMA_BASE_URL", "http://ann:hunter2@nas", "OLLAMA_BASE_URL: there is a user name"),
        ("KINORA__TRANSLATE__BATCH_LINES", "0", "KINORA__TRANSLATE__BATCH_LINES=0: a whole number"),
    ] {
        let told = read("", &[(name, value)]).expect_err(name);
        assert!(told.contains(says) && !told.contains("hunter2"), "{name}: {told}");
    }
    let taken = "[[translator]]\nname = \"ollama\"\nkind = \"openai\"\nurl = \"http://vllm/v1\"";
    let told = read(taken, &[("OLLAMA_BASE_URL", "http://nas")]).unwrap_err();
    assert!(told.contains("there are two translators with the name `ollama`"), "{told}");
}
