//! Both databases as doubles on loopback: their answers and our questions are held against Bangumi's specification
//! where it is at hand; TheMovieDB has none, so its answers are shaped as its documentation has them.

use super::*;
use crate::domain::terms::{TermOrigin, TermState};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A question as it came: method, path with query, headers in small letters, body.
#[derive(Clone, Debug)]
struct Asked {
    line: String,
    headers: Vec<String>,
    body: Value,
}

type Answers = fn(&Asked, usize) -> (u16, Value);

struct Double {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Answers until the test's process ends.
fn double(answers: Answers) -> Double {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/root/", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let serve = move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let question = read(&mut BufReader::new(&stream));
            let (status, body) = {
                let mut seen = seen.lock().unwrap();
                seen.push(question.clone());
                answers(&question, seen.len())
            };
            let body = body.to_string();
            let (length, wait) = (body.len(), "retry-after: 0\r\nconnection: close");
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{wait}\r\n\r\n");
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    };
    std::thread::Builder::new().name("double".to_owned()).spawn(serve).unwrap();
    Double { url, asked }
}

fn read(stream: &mut impl BufRead) -> Asked {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<String> = lines.iter().map(|it| it.to_lowercase()).collect();
    let length = headers.iter().find_map(|it| it.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |it| it.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    Asked { line, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
}

impl Double {
    fn lines(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|it| it.line.clone()).collect()
    }
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

fn film(title: &str, year: Option<u16>) -> Work {
    Work { title: title.to_owned(), year, ..Work::default() }
}

fn from_tmdb(double: &Double, work: &Work, key: &str) -> Names {
    let tmdb = Some((double.url.clone(), Secret(Some(key.to_owned()))));
    let sources = Sources { tmdb, bangumi: None };
    names(work, &lang("en"), &lang("zh-Hans"), &sources, &Cancel::default())
}

fn pairs(names: &Names) -> Vec<(&str, &str)> {
    let terms = names.terms.iter();
    terms.map(|it| (it.source.as_str(), it.target.as_deref().unwrap())).collect()
}

/// TheMovieDB with one film, one series, and two films of one name.
fn tmdb(asked: &Asked, _: usize) -> (u16, Value) {
    let zh = asked.line.contains("language=zh-CN");
    let called = |en: &str, of: &str| if zh { of.to_owned() } else { en.to_owned() };
    let path = asked.line.split('?').next().unwrap();
    let cast = |id: &str, en: &str, of: &str| {
        json!({"id": 1, "name": "An Actor", "original_name": "An Actor", "order": 0, "credit_id": id,
               "character": called(en, of), "known_for_department": "Acting", "gender": 2})
    };
    let answer = match path {
        "GET /root/3/search/movie" if asked.line.contains("query=Twice") => {
            let one =
                |id: u64, date: &str| json!({"id": id, "title": "Twice", "release_date": date});
            json!({"page": 1, "results": [one(1, "1980-01-01"), one(7, "2010-05-01")]})
        }
        "GET /root/3/search/movie" => json!({"page": 1, "results": [
            {"id": 5, "title": "Another Film", "original_title": "Another Film", "release_date": "2010-01-01"},
            {"id": 7, "title": "The Film", "original_title": "The Film", "release_date": "2009-12-30"}]}),
        "GET /root/3/find/tt0111161" => json!({"movie_results": [{"id": 7}], "tv_results": []}),
        "GET /root/3/find/42" => json!({"movie_results": [], "tv_results": [{"id": 8}]}),
        "GET /root/3/movie/7" => {
            json!({"id": 7, "title": called("The Film", "电影"), "credits": {"cast": [
            cast("a", "John Watson", "约翰·华生"), cast("b", "Klaus (voice)", "克劳斯（配音）"),
            cast("c", "Same Name", "Same Name"), cast("d", "Self", "自己"), cast("e", "Will", "威尔")]}})
        }
        "GET /root/3/tv/8" => {
            json!({"id": 8, "name": called("Show", "剧"), "aggregate_credits": {"cast": [
            {"id": 1, "roles": [{"credit_id": "x", "character": called("Ann Lee", "安·李"), "episode_count": 9}]}]}})
        }
        "GET /root/3/tv/9" => return (429, json!({"status_code": 25})),
        "GET /root/3/movie/401" => return (401, json!({"status_code": 7})),
        "GET /root/3/movie/500" => return (500, json!("what")),
        "GET /root/3/movie/200" => json!("no film"),
        _ => return (404, json!({"status_code": 34})),
    };
    (200, answer)
}

#[test]
fn a_film_is_found_by_title_and_year_and_tells_names_in_both_languages() {
    let double = double(tmdb);
    let names = from_tmdb(&double, &film("the film", Some(2010)), "abc123");
    assert_eq!(names.faults, []);
    let all = [
        ("The Film", "电影"),
        ("John Watson", "约翰·华生"),
        ("John", "约翰"),
        ("Watson", "华生"),
        ("Klaus", "克劳斯"),
        ("Will", "威尔"),
    ];
    assert_eq!(pairs(&names), all);
    let counts = |source: &str| names.terms.iter().find(|it| it.source == source).unwrap().state;
    assert_eq!((counts("The Film"), counts("Will")), (TermState::Proposed, TermState::Proposed));
    assert_eq!(counts("John Watson"), TermState::Accepted);
    let scope = Scope::Work("the film (2010)".to_owned());
    assert!(names.terms.iter().all(|it| it.scope == scope && it.origin == TermOrigin::Metadata));
    assert_eq!(names.characters, ["John Watson", "Klaus", "Same Name", "Will"]);
    assert_eq!(
        double.lines(),
        [
            "GET /root/3/search/movie?query=the+film&language=en&year=2010&api_key=abc123",
            "GET /root/3/movie/7?language=en&append_to_response=credits&api_key=abc123",
            "GET /root/3/movie/7?language=zh-CN&append_to_response=credits&api_key=abc123",
        ]
    );
}

#[test]
fn known_numbers_go_first_and_tokens_stand_in_a_header() {
    let double = double(tmdb);
    let of = |work: Work| pairs(&from_tmdb(&double, &work, "ey.J.token")).len();
    assert_eq!(of(Work { tmdb: Some(7), ..film("x", None) }), 6);
    assert_eq!(of(Work { imdb: Some("tt0111161".to_owned()), ..film("x", None) }), 6);
    let episode = Work { episode: Some((1, 2)), tvdb: Some(42), ..film("x", None) };
    assert_eq!(of(episode), 4, "the title, Ann Lee, Ann, Lee");
    let asked = double.asked.lock().unwrap().clone();
    assert!(
        asked.iter().all(|it| it.headers.contains(&"authorization: bearer ey.j.token".to_owned()))
    );
    assert!(asked.iter().all(|it| !it.line.contains("api_key")));
}

#[test]
fn what_is_not_surely_the_work_tells_nothing() {
    let double = double(tmdb);
    for (work, count) in [
        (film("Film", Some(2010)), 0),
        (film("The Film", Some(1980)), 0),
        (film("Twice", None), 0),
        (film("Twice", Some(2010)), 6),
        (film("", None), 0),
    ] {
        let names = from_tmdb(&double, &work, "abc");
        assert_eq!((names.terms.len(), names.faults), (count, vec![]), "{work:?}");
    }
}

#[test]
fn failures_are_told_without_the_key_and_stop_nothing() {
    let double = double(tmdb);
    for (number, says) in [
        (401, "TheMovieDB does not let Kinora in (401"),
        (500, "TheMovieDB answered 500"),
        (200, "answered what nobody can understand"),
    ] {
        let work = Work { tmdb: Some(number), ..film("x", None) };
        let names = from_tmdb(&double, &work, "hunter2");
        let told = names.faults[0].to_string();
        assert!(told.contains(says) && !told.contains("hunter2"), "{told}");
        assert_eq!(names.terms, []);
    }
    let before = double.lines().len();
    let busy = Work { tmdb: Some(9), episode: Some((1, 1)), ..film("x", None) };
    assert_eq!(from_tmdb(&double, &busy, "k").faults.len(), 1);
    assert_eq!(double.lines().len(), before + 2, "asked again once");
    let gone = Double { url: "http://127.0.0.1:1".to_owned(), asked: Arc::default() };
    let told = from_tmdb(&gone, &film("x", None), "hunter2").faults[0].to_string();
    assert!(told.contains("TheMovieDB cannot be reached") && !told.contains("hunter2"), "{told}");
    let cancel = Cancel::default();
    cancel.set();
    let sources = Sources { tmdb: Some((gone.url, Secret(None))), bangumi: None };
    let stopped = names(&film("x", None), &lang("en"), &lang("zh"), &sources, &cancel);
    assert_eq!(stopped.faults[0].what, "it was interrupted");
}

/// Bangumi with one series and three characters, one without a Chinese name.
fn bangumi(asked: &Asked, _: usize) -> (u16, Value) {
    let counts: serde_json::Map<String, Value> =
        (1..=10).map(|it| (it.to_string(), json!(0))).collect();
    let images = json!({"large": "", "common": "", "medium": "", "small": "", "grid": ""});
    let subject = json!({
        "id": 8, "type": 2, "name": "コードギアス 反逆のルルーシュ", "name_cn": "Code Geass 反叛的鲁路修", "summary": "",
        "series": false, "nsfw": false, "locked": false, "date": "2006-10-05", "platform": "TV",
        "images": images,
        "meta_tags": [], "volumes": 0, "eps": 25, "total_episodes": 25, "tags": [],
        "rating": {"rank": 1, "total": 1, "count": counts, "score": 8.0},
        "collection": {"wish": 1, "collect": 1, "doing": 1, "on_hold": 1, "dropped": 1}});
    let character = |id: u64, name: &str, infobox: Value| {
        json!({"id": id, "name": name, "type": 1, "summary": "", "locked": false, "infobox": infobox,
               "stat": {"comments": 0, "collects": 0}})
    };
    let related = |id: u64, relation: &str| {
        let more = json!([]);
        json!({"id": id, "name": "", "summary": "", "type": 1, "relation": relation, "actors": more})
    };
    let named = |zh: &str, en: &str| {
        let others = json!([{"v": "L.L."}, {"k": "英文名", "v": en}]);
        json!([{"key": "简体中文名", "value": zh}, {"key": "别名", "value": others}])
    };
    let answer = match asked.line.as_str() {
        "POST /root/v0/search/subjects?limit=10" => {
            json!({"total": 1, "limit": 10, "offset": 0, "data": [subject]})
        }
        "GET /root/v0/subjects/8/characters" => {
            json!([related(3, "客串"), related(2, "配角"), related(1, "主角")])
        }
        "GET /root/v0/characters/1" => {
            character(1, "ルルーシュ・ランペルージ", named("鲁路修·兰佩路基", "Lelouch Lamperouge"))
        }
        "GET /root/v0/characters/2" => {
            character(2, "C.C.", json!([{"key": "性别", "value": "女"}]))
        }
        "GET /root/v0/characters/3" => {
            character(3, "枢木 スザク", named("枢木朱雀", "Suzaku Kururugi"))
        }
        _ => return (404, json!({"title": "Not Found", "details": {}, "description": ""})),
    };
    assert_eq!(complaints(asked, &answer), [""; 0]);
    (200, answer)
}

/// What the specification has against a question and its answer; nothing where it is not at hand.
fn complaints(asked: &Asked, answer: &Value) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/bangumi-v0-openapi.yaml");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("not held against the specification: {} is not there", path.display());
        return Vec::new();
    };
    let document: Value = serde_saphyr::from_str(&text).unwrap();
    let wrong = |schema: &Value, value: &Value| -> Vec<String> {
        let mut schema = schema.clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        validator.iter_errors(value).map(|it| format!("{}: {it}", asked.line)).collect()
    };
    let of = |path: &str, method: &str| document["paths"][path][method].clone();
    let operation = match asked.line.as_str() {
        "POST /root/v0/search/subjects?limit=10" => of("/v0/search/subjects", "post"),
        "GET /root/v0/subjects/8/characters" => of("/v0/subjects/{subject_id}/characters", "get"),
        _ => of("/v0/characters/{character_id}", "get"),
    };
    let json_of = |it: &Value| it["content"]["application/json"]["schema"].clone();
    let mut all = wrong(&json_of(&operation["responses"]["200"]), answer);
    if !asked.body.is_null() {
        let schema = json_of(&operation["requestBody"]);
        all.extend(wrong(&schema, &asked.body));
        let known = |value: &Value, schema: &Value| {
            let strange =
                value.as_object().unwrap().keys().filter(|it| schema["properties"][*it].is_null());
            strange.cloned().collect::<Vec<_>>()
        };
        all.extend(known(&asked.body, &schema));
        all.extend(known(&asked.body["filter"], &schema["properties"]["filter"]));
    }
    all
}

fn from_bangumi(double: &Double, work: &Work, from: &str, to: &str) -> Names {
    let sources = Sources { tmdb: None, bangumi: Some(double.url.clone()) };
    names(work, &lang(from), &lang(to), &sources, &Cancel::default())
}

#[test]
fn bangumi_tells_what_characters_are_called_in_chinese() {
    let double = double(bangumi);
    let work = film("コードギアス 反逆のルルーシュ", Some(2006));
    let names = from_bangumi(&double, &work, "ja", "zh-Hans");
    assert_eq!(names.faults, []);
    let all = [
        ("コードギアス 反逆のルルーシュ", "Code Geass 反叛的鲁路修"),
        ("ルルーシュ・ランペルージ", "鲁路修·兰佩路基"),
        ("ルルーシュ", "鲁路修"),
        ("ランペルージ", "兰佩路基"),
        ("枢木スザク", "枢木朱雀"),
    ];
    assert_eq!(pairs(&names), all);
    let asked = double.asked.lock().unwrap().clone();
    let agent = concat!("user-agent: kinora/kinora/", env!("CARGO_PKG_VERSION"));
    assert!(asked.iter().all(|it| it.headers.contains(&agent.to_owned())), "{asked:?}");
    assert_eq!(asked[0].body["filter"]["air_date"], json!([">=2005-01-01", "<2008-01-01"]));
    let english = from_bangumi(&double, &work, "en", "zh-Hant");
    assert_eq!(
        pairs(&english)[0],
        ("Lelouch Lamperouge", "魯路修·蘭佩路基"),
        "in the asked script"
    );
    let before = double.lines().len();
    assert_eq!(from_bangumi(&double, &work, "ja", "en"), Names::default(), "it has no English");
    assert_eq!(from_bangumi(&double, &film("Other", None), "ja", "zh").terms, []);
    assert_eq!(double.lines().len(), before + 1, "another film is not it");
}
