//! `kinora jobs add --lacking`: wishes for every item of Jellyfin's that lacks a language.

use super::args_service::Lacking;
use super::{Exit, json, out, render_jobs};
use crate::api::client::Client;
use crate::api::lacking::{LackingRequest, LackingView};
use crate::api::run::Fault;
use crate::base::text::counted;

/// Wishes, and says what for.
pub(crate) fn add(client: &Client, asked: Lacking) -> Result<Exit, Fault> {
    let view = client.lacking(&LackingRequest {
        library: asked.library,
        language: asked.lacking.clone(),
        audio_language: asked.audio,
        dry_run: asked.dry_run,
    })?;
    out::say(&if asked.json { json::line(&view) } else { text(&view, &asked.lacking) })?;
    Ok(Exit::Good)
}

fn text(view: &LackingView, language: &str) -> String {
    let mut text: String =
        view.files.iter().map(|it| format!("{}\n", render_jobs::plain(it))).collect();
    let told = u64::try_from(view.files.len()).unwrap_or(u64::MAX);
    if told < view.wished {
        text.push_str(&format!("... and {} more\n", view.wished - told));
    }
    let items = counted(view.items, "video", "videos");
    let what = if view.dry_run { "would be worked on" } else { "will be worked on" };
    text.push_str(&format!(
        "{items} looked at: {} without subtitles in {language}, {} {what}\n",
        view.lacking, view.wished
    ));
    if view.elsewhere > 0 {
        let files = counted(view.elsewhere, "is", "are");
        text.push_str(&format!("{files} in no library of Kinora's; see `kinora doctor`\n"));
    }
    if view.untranslatable > 0 {
        let files = counted(view.untranslatable, "is", "are");
        text.push_str(&format!("{files} in another language, and nobody translates\n"));
    }
    if view.incomplete {
        text.push_str("it took too long to look at all: name a library with --library\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wished_is_told_in_sentences() {
        let view = LackingView {
            dry_run: true,
            items: 12,
            lacking: 7,
            wished: 3,
            elsewhere: 1,
            untranslatable: 3,
            incomplete: true,
            files: vec!["/media/a.mkv".to_owned(), "/media/b.mkv".to_owned()],
        };
        insta::assert_snapshot!(text(&view, "zh"), @r"
        /media/a.mkv
        /media/b.mkv
        ... and 1 more
        12 videos looked at: 7 without subtitles in zh, 3 would be worked on
        1 is in no library of Kinora's; see `kinora doctor`
        3 are in another language, and nobody translates
        it took too long to look at all: name a library with --library
        ");
        let none = LackingView { items: 1, ..LackingView::default() };
        let told = "1 video looked at: 0 without subtitles in zh, 0 will be worked on\n";
        assert_eq!(text(&none, "zh"), told);
    }
}
