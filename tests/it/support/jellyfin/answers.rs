//! What the server answers, by the rules of PROTOCOLS.md 1.1 to 1.3.

use super::Options;
use super::house::House;
use super::names::Rules;
use super::wire::{Request, form_decoded};
use base64::Engine;
use serde_json::{Value, json};
use std::path::Path;

/// What 10.11.7 and later take.
const FORMATS: [&str; 9] = ["ass", "mks", "sami", "smi", "srt", "ssa", "sub", "sup", "vtt"];
/// Kestrel's own.
const BODY_BYTES_MAX: usize = 30_000_000;

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    fn json(value: &Value) -> Reply {
        let headers = "Content-Type: application/json; charset=utf-8\r\n".to_owned();
        Reply { status: 200, headers, body: value.to_string().into_bytes() }
    }

    fn empty(status: u16) -> Reply {
        Reply { status, headers: String::new(), body: Vec::new() }
    }

    fn text(status: u16, text: &str) -> Reply {
        let headers = "Content-Type: text/plain\r\n".to_owned();
        Reply { status, headers, body: text.as_bytes().to_vec() }
    }
}

/// Keys told in a way that Kinora is not to use, whatever the server takes.
pub(crate) fn strange_keys(request: &Request) -> Vec<String> {
    let headers = ["x-emby-token", "x-mediabrowser-token", "x-emby-authorization"];
    let told =
        headers.iter().filter(|it| request.header(it).is_some()).map(|it| format!("header {it}"));
    let query = ["api_key", "apikey"];
    let asked = request.query.iter().filter(|it| query.contains(&it.0.to_lowercase().as_str()));
    told.chain(asked.map(|it| format!("query {}", it.0))).collect()
}

pub(crate) fn answer(options: &Options, house: &mut House, request: &Request) -> Reply {
    if house.starting > 0 {
        house.starting -= 1;
        let headers = format!(
            "Retry-After: {}\r\nMessage: starting\r\nContent-Type: text/html\r\n",
            options.retry_after
        );
        let body = b"<html>Jellyfin is starting</html>".to_vec();
        return Reply { status: 503, headers, body };
    }
    let parts: Vec<&str> = request.path.split('/').skip(1).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["System", "Info", "Public"]) => {
            return Reply::json(&json!({
                "LocalAddress": "http://127.0.0.1:8096", "ServerName": "nas", "Version": options.version,
                "ProductName": "Jellyfin Server", "Id": "0123456789abcdef0123456789abcdef",
                "StartupWizardCompleted": true,
            }));
        }
        ("GET" | "POST", ["System", "Ping"]) => return Reply::json(&json!("Jellyfin Server")),
        _ => (),
    }
    if !lets_in(options, house.rules, request) {
        return Reply::empty(401);
    }
    if BODY_BYTES_MAX < request.body.len() {
        return Reply::empty(413);
    }
    let admin =
        |reply: &mut dyn FnMut() -> Reply| if options.admin { reply() } else { Reply::empty(403) };
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["Library", "VirtualFolders"]) => admin(&mut || folders(house)),
        ("GET", ["Items"]) => items(house, request),
        ("GET", ["Sessions"]) => {
            Reply::json(&Value::Array(house.sessions.iter().map(|it| it.1.clone()).collect()))
        }
        ("POST", ["Items", id, "Refresh"]) => admin(&mut || refresh(house, id, request)),
        ("POST", ["Library", "Media", "Updated"]) => updated(house, request),
        ("POST", ["Library", "Refresh"]) => admin(&mut || Reply::empty(204)),
        ("POST", ["Videos", id, "Subtitles"]) => admin(&mut || upload(house, id, request)),
        ("DELETE", ["Videos", id, "Subtitles", index]) => admin(&mut || delete(house, id, index)),
        _ => Reply::empty(404),
    }
}

/// `MediaBrowser Token="..", ...`, its values decoded as a form's; other ways where they are allowed.
fn lets_in(options: &Options, rules: Rules, request: &Request) -> bool {
    let token = request.header("authorization").and_then(|it| {
        let (scheme, rest) = it.split_once(' ')?;
        scheme.eq_ignore_ascii_case("MediaBrowser").then_some(())?;
        let parts = rest.split(',').filter_map(|it| it.trim().split_once('='));
        let token = parts.into_iter().find(|it| it.0.eq_ignore_ascii_case("Token"))?.1;
        Some(form_decoded(token.trim_matches('"')))
    });
    let legacy = options.legacy.unwrap_or(rules != Rules::V12);
    let old = ["x-emby-token", "x-mediabrowser-token"].iter().find_map(|it| request.header(it));
    let old = old
        .map(str::to_owned)
        .or_else(|| request.values("api_key").first().map(|it| (*it).to_owned()));
    let query = request.values("ApiKey").first().map(|it| (*it).to_owned());
    [token, old.filter(|_| legacy), query].into_iter().flatten().any(|it| it == options.key)
}

fn folders(house: &House) -> Reply {
    let told = house.libraries.iter().map(|it| {
        json!({
            "Name": it.name, "Locations": [it.there], "CollectionType": "movies", "ItemId": it.id,
            "LibraryOptions": { "Enabled": true, "SaveSubtitlesWithMedia": house.saves_beside,
                                "EnableRealtimeMonitor": true },
            "RefreshStatus": "Idle",
        })
    });
    Reply::json(&Value::Array(told.collect()))
}

fn items(house: &House, request: &Request) -> Reply {
    let plain = |it: &str| it.replace('-', "").to_lowercase();
    let ids: Vec<String> = request.values("ids").into_iter().map(plain).collect();
    let recursive =
        request.values("recursive").first().is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let parent = request.values("parentId").first().map(|it| plain(it));
    let types = request.values("includeItemTypes");
    let fields = request.values("fields");
    let wants = |name: &str| fields.iter().any(|it| it.eq_ignore_ascii_case(name));
    let found = house.items.iter().filter(|item| {
        let in_parent = parent.as_ref().is_none_or(|it| house.libraries[item.library].id == *it);
        let of_type =
            types.is_empty() || types.iter().any(|it| it.eq_ignore_ascii_case(item.kind()));
        // Only children of the root come without `recursive`, and no video is one.
        let reached = if ids.is_empty() { recursive } else { ids.contains(&item.id) };
        in_parent && of_type && reached
    });
    let found: Vec<Value> = found
        .map(|item| {
            let mut told = json!({
                "Id": item.id, "Name": item.name(), "Type": item.kind(), "MediaType": "Video",
                "LocationType": "FileSystem", "IsFolder": false,
            });
            if wants("Path") {
                told["Path"] = json!(item.there);
            }
            if wants("MediaStreams") {
                told["MediaStreams"] = Value::Array(item.streams());
            }
            told
        })
        .collect();
    let number = |name: &str| request.values(name).first().and_then(|it| it.parse::<usize>().ok());
    let (start, total) = (number("startIndex").unwrap_or(0), found.len());
    let page = found.into_iter().skip(start).take(number("limit").unwrap_or(usize::MAX));
    Reply::json(&json!({
        "Items": page.collect::<Vec<_>>(), "TotalRecordCount": total, "StartIndex": start,
    }))
}

fn found(house: &House, id: &str) -> Option<usize> {
    let id = id.replace('-', "").to_lowercase();
    house.items.iter().position(|it| it.id == id)
}

fn refresh(house: &mut House, id: &str, request: &Request) -> Reply {
    let Some(index) = found(house, id) else { return Reply::empty(404) };
    match request.values("metadataRefreshMode").first().copied() {
        // The default runs no provider at all.
        None | Some("None" | "ValidationOnly") => (),
        Some("FullRefresh") => house.refresh(index, true),
        Some(_) => house.refresh(index, false),
    }
    Reply::empty(204)
}

fn updated(house: &mut House, request: &Request) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let updates = body["Updates"].as_array().into_iter().flatten();
    house.told.extend(updates.filter_map(|it| it["Path"].as_str().map(str::to_owned)));
    Reply::empty(204)
}

fn upload(house: &mut House, id: &str, request: &Request) -> Reply {
    let failed = || Reply::text(500, "Error processing request.");
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let (language, format) = (body["Language"].as_str(), body["Format"].as_str());
    let flags = (body["IsForced"].as_bool(), body["IsHearingImpaired"].as_bool());
    let (Some(language), Some(format), (Some(forced), Some(impaired)), Some(data)) =
        (language, format, flags, body["Data"].as_str())
    else {
        return Reply::text(
            400,
            "{\"title\":\"One or more validation errors occurred.\",\"status\":400}",
        );
    };
    let Some(index) = found(house, id) else { return Reply::empty(404) };
    let checks = house.version == "10.11.7" || newer_than_10_11_7(&house.version);
    if house.version == "10.11.7" || (checks && !FORMATS.contains(&format)) {
        return Reply::text(400, "Invalid subtitle format");
    }
    if checks && language.contains('/') {
        return Reply::text(400, "Invalid language");
    }
    let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(data) else { return failed() };
    let item = &house.items[index];
    let name = format!(
        "{}.{}{}{}",
        item.name(),
        language.to_lowercase(),
        if forced { ".forced" } else { "" },
        if impaired { ".sdh" } else { "" }
    );
    let (beside, own) = (item.here.parent().expect("a folder").to_owned(), house.own_folder(item));
    let place = if house.saves_beside { &beside } else { &own };
    if !written(place, &name, format, &bytes) {
        // 12 does not fall back to its own data where it may not write beside the video.
        if house.rules == Rules::V12 || !written(&own, &name, format, &bytes) {
            return failed();
        }
    }
    house.refresh(index, false);
    Reply::empty(204)
}

fn newer_than_10_11_7(version: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').filter_map(|it| it.parse().ok()).collect();
    numbers > vec![10, 11, 7]
}

/// Never over what is there: `.0`, `.1` and so on.
fn written(folder: &Path, name: &str, format: &str, bytes: &[u8]) -> bool {
    let names = std::iter::once(format!("{name}.{format}"));
    let mut names = names.chain((0..100).map(|it| format!("{name}.{it}.{format}")));
    let free = names.find(|it| !folder.join(it).exists()).expect("a free name");
    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(folder.join(free), bytes)).is_ok()
}

fn delete(house: &mut House, id: &str, index: &str) -> Reply {
    let Some(item) = found(house, id) else { return Reply::empty(404) };
    let Ok(number) = index.parse::<i64>() else { return Reply::empty(400) };
    if !house.items[item].has(number) {
        return Reply::text(500, "Error processing request.");
    }
    let Some(file) = house.items[item].external_at(number) else {
        return Reply::text(400, "Error processing request.");
    };
    if std::fs::remove_file(file).is_err() {
        return Reply::text(404, "Error processing request.");
    }
    house.refresh(item, false);
    Reply::empty(204)
}
