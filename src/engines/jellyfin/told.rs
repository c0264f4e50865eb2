//! What Jellyfin answers, read: names in Pascal case, numbers that may be texts, nothing where it would be null
//! (PROTOCOLS.md 1.1, 1.2).

use crate::domain::jellyfin::{Folder, Item, ItemId, Play, Session, Stream, StreamKind};
use crate::domain::time::Ms;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A tick is 100 ns.
const TICKS_PER_MS: i64 = 10_000;

/// `/System/Info/Public`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Info {
    pub(super) version: Option<String>,
    pub(super) product_name: Option<String>,
}

/// One of `/Library/VirtualFolders`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct FolderTold {
    name: Option<String>,
    item_id: Option<String>,
    locations: Option<Vec<String>>,
    library_options: Option<OptionsTold>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OptionsTold {
    save_subtitles_with_media: Option<bool>,
}

/// A page of `/Items`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Page {
    pub(super) items: Vec<ItemTold>,
    #[serde(deserialize_with = "whole")]
    pub(super) total_record_count: Option<i64>,
}

/// One of them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ItemTold {
    id: Option<String>,
    name: Option<String>,
    path: Option<String>,
    media_type: Option<String>,
    media_streams: Option<Vec<StreamTold>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct StreamTold {
    #[serde(deserialize_with = "whole")]
    index: Option<i64>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    codec: Option<String>,
    language: Option<String>,
    title: Option<String>,
    display_title: Option<String>,
    is_default: Option<bool>,
    is_forced: Option<bool>,
    is_hearing_impaired: Option<bool>,
    is_external: Option<bool>,
    path: Option<String>,
}

/// One of `/Sessions`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SessionTold {
    id: Option<String>,
    now_playing_item: Option<ItemTold>,
    play_state: Option<PlayTold>,
    transcoding_info: Option<TranscodingTold>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct PlayTold {
    #[serde(deserialize_with = "whole")]
    position_ticks: Option<i64>,
    is_paused: Option<bool>,
    play_method: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TranscodingTold {
    is_video_direct: Option<bool>,
    hardware_acceleration_type: Option<String>,
}

impl FolderTold {
    pub(super) fn folder(self) -> Folder {
        let options = self.library_options.unwrap_or_default();
        Folder {
            name: self.name.unwrap_or_default(),
            id: self.item_id.as_deref().and_then(ItemId::parse),
            locations: self.locations.unwrap_or_default(),
            saves_beside: options.save_subtitles_with_media.unwrap_or(true),
        }
    }
}

impl ItemTold {
    /// `None` where it has no id.
    pub(super) fn item(self) -> Option<Item> {
        let streams = self.media_streams.unwrap_or_default();
        Some(Item {
            id: ItemId::parse(self.id.as_deref()?)?,
            name: self.name.unwrap_or_default(),
            path: self.path.filter(|it| !it.is_empty()),
            streams: streams.into_iter().map(StreamTold::stream).collect(),
        })
    }
}

impl StreamTold {
    fn stream(self) -> Stream {
        let filled = |it: Option<String>| it.filter(|it| !it.is_empty());
        Stream {
            index: self.index.and_then(|it| i32::try_from(it).ok()).unwrap_or(-1),
            kind: match self.kind.as_deref() {
                Some("Audio") => StreamKind::Audio,
                Some("Subtitle") => StreamKind::Subtitle,
                Some(_) | None => StreamKind::Other,
            },
            codec: filled(self.codec),
            language: filled(self.language),
            title: filled(self.title),
            display_title: filled(self.display_title),
            is_default: self.is_default.unwrap_or(false),
            is_forced: self.is_forced.unwrap_or(false),
            is_hearing_impaired: self.is_hearing_impaired.unwrap_or(false),
            is_external: self.is_external.unwrap_or(false),
            path: filled(self.path),
        }
    }
}

impl SessionTold {
    /// `None` where it plays no video.
    pub(super) fn session(self) -> Option<Session> {
        let item = self.now_playing_item?;
        if item.media_type.as_deref().is_some_and(|it| it != "Video") {
            return None;
        }
        let state = self.play_state.unwrap_or_default();
        let computed = match &self.transcoding_info {
            // Only the sound or the container is another.
            Some(info) => !info.is_video_direct.unwrap_or(false),
            None => state.play_method.as_deref() == Some("Transcode"),
        };
        let hardware = self.transcoding_info.and_then(|it| it.hardware_acceleration_type);
        let on_gpu = hardware.is_some_and(|it| !it.is_empty() && !it.eq_ignore_ascii_case("none"));
        Some(Session {
            id: self.id.unwrap_or_default(),
            item: ItemId::parse(item.id.as_deref()?)?,
            position: Ms(state.position_ticks.unwrap_or(0).max(0) / TICKS_PER_MS),
            paused: state.is_paused.unwrap_or(false),
            play: if computed { Play::Transcode { on_gpu } } else { Play::Direct },
        })
    }
}

/// A whole number, written as one or as text; `None` for anything else.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|it| it as i64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn who_plays_what_and_how() {
        let item = json!({ "Id": ID, "MediaType": "Video" });
        let gpu = Play::Transcode { on_gpu: true };
        let cpu = Play::Transcode { on_gpu: false };
        for (state, info, play) in [
            (json!({ "PlayMethod": "DirectPlay" }), json!(null), Play::Direct),
            (json!({ "PlayMethod": "Transcode" }), json!(null), cpu),
            (
                json!({ "PlayMethod": "Transcode" }),
                json!({ "IsVideoDirect": true, "HardwareAccelerationType": "nvenc" }),
                Play::Direct,
            ),
            (
                json!({ "PlayMethod": "Transcode" }),
                json!({ "IsVideoDirect": false, "HardwareAccelerationType": "nvenc" }),
                gpu,
            ),
            (json!({}), json!({ "HardwareAccelerationType": "none" }), cpu),
            (json!(null), json!({}), cpu),
        ] {
            let told = json!({ "Id": "s", "NowPlayingItem": item, "PlayState": state, "TranscodingInfo": info });
            let told: SessionTold = serde_json::from_value(told.clone()).expect("a session");
            assert_eq!(told.session().expect("it plays").play, play);
        }
        for idle in [
            json!({ "Id": "s" }),
            json!({ "NowPlayingItem": { "Id": ID, "MediaType": "Audio" } }),
            json!({ "NowPlayingItem": { "MediaType": "Video" } }),
        ] {
            let told: SessionTold = serde_json::from_value(idle).expect("a session");
            assert_eq!(told.session(), None);
        }
    }

    #[test]
    fn numbers_may_be_texts_and_nulls_are_nothing() {
        let state = json!({ "PositionTicks": "12345678", "IsPaused": true });
        let told = json!({ "NowPlayingItem": { "Id": ID }, "PlayState": state });
        let told: SessionTold = serde_json::from_value(told).expect("a session");
        let session = told.session().expect("it plays");
        assert_eq!((session.position, session.paused), (Ms(1234), true));

        let stream = json!({ "Index": "3", "Type": "Subtitle", "Language": null, "Title": "", "IsExternal": true });
        let told = json!({ "Items": [{ "Id": ID, "MediaStreams": [stream] }, { "Name": "no id" }],
                           "TotalRecordCount": "2" });
        let page: Page = serde_json::from_value(told).expect("a page");
        assert_eq!(page.total_record_count, Some(2));
        let items: Vec<Item> = page.items.into_iter().filter_map(ItemTold::item).collect();
        let [item] = items.as_slice() else { panic!("{items:?}") };
        let stream = &item.streams[0];
        assert_eq!(
            (stream.index, stream.kind, stream.is_external),
            (3, StreamKind::Subtitle, true)
        );
        assert_eq!((&stream.language, &stream.title, &item.path), (&None, &None, &None));
    }

    #[test]
    fn a_library_saves_beside_its_videos_unless_it_says_otherwise() {
        for (options, beside) in [
            (json!(null), true),
            (json!({}), true),
            (json!({ "SaveSubtitlesWithMedia": false }), false),
        ] {
            let told = json!({ "Name": "Films", "Locations": ["/media"], "ItemId": ID, "LibraryOptions": options });
            let told: FolderTold = serde_json::from_value(told).expect("a folder");
            let folder = told.folder();
            assert_eq!((folder.saves_beside, folder.id.is_some()), (beside, true));
        }
    }
}
