//! What the environment makes of the looks, and that every palette can be read.

use super::*;

const GROUNDS: [(&str, [u8; 3]); 4] = [
    ("black", [0, 0, 0]),
    ("Solarized dark", [0x00, 0x2b, 0x36]),
    ("white", [255, 255, 255]),
    ("Solarized light", [0xfd, 0xf6, 0xe3]),
];
/// The sixteen of xterm, and of Solarized.
const XTERM: [u32; 16] = [
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
    0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
];
const SOLARIZED: [u32; 16] = [
    0x073642, 0xdc322f, 0x859900, 0xb58900, 0x268bd2, 0xd33682, 0x2aa198, 0xeee8d5, 0x002b36,
    0xcb4b16, 0x586e75, 0x657b83, 0x839496, 0x6c71c4, 0x93a1a1, 0xfdf6e3,
];

fn look(colours: Colours, light: bool) -> Look {
    Look { colours, light, ascii: false }
}

#[test]
fn the_environment_tells_the_looks() {
    use Colours::{Many, None as Plain, Sixteen, True};
    let cases: [(&str, Colours, bool, bool); 22] = [
        // Variables, how many colours, a light ground, plain ASCII.
        ("", Sixteen, false, true),
        ("TERM=xterm LANG=C.UTF-8", Sixteen, false, false),
        ("TERM=xterm LANG=en_GB.utf8", Sixteen, false, false),
        ("TERM=xterm LANG=C", Sixteen, false, true),
        ("TERM=xterm LANG=C LC_CTYPE=de_DE.UTF-8", Sixteen, false, false),
        ("TERM=xterm LANG=de_DE.UTF-8 LC_ALL=POSIX", Sixteen, false, true),
        ("TERM=xterm LC_ALL= LANG=de_DE.UTF-8", Sixteen, false, false),
        ("TERM=xterm-256color", Many, false, true),
        ("TERM=tmux-256color COLORTERM=truecolor", True, false, true),
        ("TERM=xterm-256color COLORTERM=24bit", True, false, true),
        ("TERM=xterm-256color COLORTERM=yes", Many, false, true),
        ("TERM=screen COLORTERM=truecolor", Sixteen, false, true),
        ("TERM=screen-256color COLORTERM=truecolor", Many, false, true),
        ("TERM=xterm-kitty", True, false, true),
        ("TERM=xterm-direct", True, false, true),
        ("TERM=linux LANG=C.UTF-8", Sixteen, false, true),
        ("TERM=vt100 COLORTERM=truecolor", Plain, false, true),
        ("TERM=dumb", Plain, false, true),
        // Present and not empty, whatever it says.
        ("TERM=xterm-256color COLORTERM=truecolor NO_COLOR=0", Plain, false, true),
        ("TERM=xterm-256color NO_COLOR=", Many, false, true),
        ("TERM=xterm COLORFGBG=0;15", Sixteen, true, true),
        ("TERM=xterm COLORFGBG=15;default;0", Sixteen, false, true),
    ];
    for (variables, colours, light, ascii) in cases {
        let env = |name: &str| {
            let mut pairs = variables.split(' ').filter_map(|it| it.split_once('='));
            pairs.find(|it| it.0 == name).map(|it| it.1.to_owned())
        };
        assert_eq!(
            Look::of(LookWish::default(), env),
            Look { colours, light, ascii },
            "{variables}"
        );
        let wish = LookWish { light: Some(!light), ascii: Some(!ascii), colours: Some(Many) };
        let wished = Look { colours: Many, light: !light, ascii: !ascii };
        assert_eq!(Look::of(wish, env), wished, "what is wished goes before {variables}");
    }
}

/// Names and styles of everything a look has.
fn styles(look: Look) -> Vec<(&'static str, Style)> {
    let mut styles = vec![
        ("text", look.text()),
        ("dim", look.dim()),
        ("heading", look.heading()),
        ("good", look.good()),
        ("warning", look.warning()),
        ("bad", look.bad()),
        ("accent", look.accent()),
        ("selected", look.selected()),
    ];
    styles.extend(JobStatus::ALL.map(|it| (it.word(), look.status(it))));
    styles
}

#[test]
fn styles_of_each_palette() {
    let mut text = String::new();
    for colours in [Colours::None, Colours::Sixteen, Colours::Many, Colours::True] {
        for light in [false, true] {
            text.push_str(&format!("{colours:?}, {}\n", if light { "light" } else { "dark" }));
            for (name, style) in styles(look(colours, light)) {
                let colour = style.fg.map_or("-".to_owned(), |it| it.to_string());
                text.push_str(&format!("  {name:<10} {colour:<12} {:?}\n", style.add_modifier));
            }
        }
    }
    insta::assert_snapshot!("styles", text);
}

#[test]
fn without_colours_nothing_has_one() {
    for light in [false, true] {
        for (name, style) in styles(look(Colours::None, light)) {
            assert_eq!((style.fg, style.bg), (None, None), "{name}");
        }
    }
}

#[test]
fn every_colour_can_be_read_on_the_grounds_it_is_for() {
    for colours in [Colours::Sixteen, Colours::Many, Colours::True] {
        for light in [false, true] {
            for (name, style) in styles(look(colours, light)) {
                assert_eq!(style.bg, None, "{name}: grounds are the terminal's");
                let Some(colour) = style.fg else { continue };
                for (ground, at) in GROUNDS {
                    let is_for = light == (at[0] > 128);
                    let least = match (colours, is_for) {
                        (Colours::Many | Colours::True, true) if light => 4.5,
                        (
                            Colours::None | Colours::Sixteen | Colours::Many | Colours::True,
                            true,
                        ) => 3.0,
                        // On a ground that nobody told of: the dark look of finer colours can be read there too.
                        (Colours::Many | Colours::True, false) if !light => 3.0,
                        (
                            Colours::None | Colours::Sixteen | Colours::Many | Colours::True,
                            false,
                        ) => continue,
                    };
                    let sixteen = if ground.starts_with("Sol") { SOLARIZED } else { XTERM };
                    let contrast = contrast(rgb(colour, sixteen), at);
                    assert!(
                        least <= contrast,
                        "{name} {colour} on {ground} ({colours:?}): {contrast:.2}"
                    );
                }
            }
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "not an enum of ours: most of it means nothing here"
)]
fn rgb(colour: Color, sixteen: [u32; 16]) -> [u8; 3] {
    let of = |number: usize| {
        let [_, r, g, b] = sixteen[number].to_be_bytes();
        [r, g, b]
    };
    match colour {
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(it @ 16..232) => {
            let level = |it: u8| if it == 0 { 0 } else { 55 + 40 * it };
            [level((it - 16) / 36), level((it - 16) / 6 % 6), level((it - 16) % 6)]
        }
        Color::Indexed(it @ 232..) => [8 + 10 * (it - 232); 3],
        Color::Red => of(1),
        Color::Green => of(2),
        Color::Yellow => of(3),
        Color::Blue => of(4),
        Color::Magenta => of(5),
        Color::Cyan => of(6),
        Color::LightRed => of(9),
        other => panic!("{other} is for no ground"),
    }
}

/// As the guidelines for readable web pages reckon it, from 1 to 21.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let light = |it: [u8; 3]| {
        let [r, g, b] = it.map(|it| {
            let it = f64::from(it) / 255.0;
            if it <= 0.03928 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (one, other) = (light(one) + 0.05, light(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn signs_are_one_column_wide_and_tell_states_apart() {
    use std::collections::BTreeSet;
    use unicode_width::UnicodeWidthStr;
    for ascii in [false, true] {
        let look = Look { ascii, ..look(Colours::None, false) };
        let signs: BTreeSet<&str> = JobStatus::ALL.map(|it| look.status_sign(it)).into();
        assert_eq!(signs.len(), JobStatus::ALL.len());
        assert!(signs.iter().all(|it| it.width() == 1 && (!ascii || it.is_ascii())));
    }
}

#[test]
fn without_colours_no_page_has_a_cell_with_one() {
    use crate::tui::testing::{SIZES, Situation, Stage};
    use crate::tui::view::PageName;
    for page in PageName::ALL {
        for situation in Situation::ALL {
            for size in SIZES {
                let mut stage = Stage::in_situation(size, page, situation, |_| None);
                for key in ["", "Down", "p", "n", "?"] {
                    if !key.is_empty() {
                        stage.press(key);
                    }
                    stage.screen();
                    let odd = stage
                        .cells()
                        .iter()
                        .find(|it| it.fg != Color::Reset || it.bg != Color::Reset);
                    assert_eq!(odd, None, "{page:?}, {situation:?} after `{key}`");
                }
            }
        }
    }
}
