//! The usual order for a file.

use kinora::domain::cue::CueLimits;
use kinora::domain::name::Naming;
use kinora::domain::order::{ExistingRules, ListenParams, Order, Product};
use kinora::domain::speech::SpeechParams;
use kinora::domain::subtitle::Format;
use kinora::domain::track::TrackWish;

/// The spoken language, found out, as SubRip beside the film; heard with these weights.
pub(crate) fn order(model: &str) -> Order {
    Order {
        to: Vec::new(),
        from: None,
        wish: TrackWish::default(),
        formats: vec![Format::Srt],
        transcript: false,
        naming: Naming::Jellyfin,
        output: None,
        force: false,
        listen: ListenParams {
            speech: SpeechParams::default(),
            beam: 3,
            prompt: String::new(),
            encoder_margin: 128,
            model: model.to_owned(),
        },
        multilingual: true,
        cue: CueLimits::default(),
        existing: ExistingRules::default(),
        library: None,
        translate: None,
        bilingual: None,
        product: Product::Subtitles,
        label: None,
        cloud: true,
        deliver: None,
    }
}
