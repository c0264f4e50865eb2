//! How the screen looks: colours that the terminal has, signs that its font has.

use crate::api::daemon::JobStatus;
use ratatui::style::{Color, Modifier, Style};

/// What is wished of the looks; what is not said is found out from the environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookWish {
    /// Dark letters on a light ground.
    pub light: Option<bool>,
    /// Draws with plain ASCII.
    pub ascii: Option<bool>,
    /// How many colours.
    pub colours: Option<Colours>,
}

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colours {
    /// None: only bold, dim and reversed.
    None,
    /// The 16 of the terminal, as its owner set them.
    Sixteen,
    /// 256.
    Many,
    /// Any.
    True,
}

/// The looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// How many colours.
    pub(super) colours: Colours,
    /// Dark letters on a light ground.
    pub(super) light: bool,
    /// Plain ASCII.
    pub(super) ascii: bool,
}

/// What colours are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Palette {
    good: Option<Color>,
    warning: Option<Color>,
    bad: Option<Color>,
    accent: Option<Color>,
    /// `None`: the terminal makes it fainter itself.
    dim: Option<Color>,
}

/// Without colours.
const PLAIN: Palette = Palette { good: None, warning: None, bad: None, accent: None, dim: None };
/// Not the bright ones but red: with Solarized they are greys, bright black its very ground.
const SIXTEEN_DARK: Palette = Palette {
    good: Some(Color::Green),
    warning: Some(Color::Yellow),
    bad: Some(Color::LightRed),
    accent: Some(Color::Cyan),
    dim: None,
};
/// Green, yellow and cyan are too pale on white.
const SIXTEEN_LIGHT: Palette = Palette {
    good: None,
    warning: Some(Color::Magenta),
    bad: Some(Color::Red),
    accent: Some(Color::Blue),
    dim: None,
};
/// Those of the dark look can also be read on light grounds, which most terminals do not tell of.
const MANY_DARK: Palette = Palette {
    good: Some(Color::Indexed(64)),
    warning: Some(Color::Indexed(136)),
    bad: Some(Color::Indexed(196)),
    accent: Some(Color::Indexed(32)),
    dim: Some(Color::Indexed(245)),
};
const MANY_LIGHT: Palette = Palette {
    good: Some(Color::Indexed(22)),
    warning: Some(Color::Indexed(94)),
    bad: Some(Color::Indexed(124)),
    accent: Some(Color::Indexed(25)),
    dim: Some(Color::Indexed(242)),
};
const TRUE_DARK: Palette = Palette {
    good: Some(Color::Rgb(0x2f, 0x9e, 0x44)),
    warning: Some(Color::Rgb(0xb7, 0x79, 0x1f)),
    bad: Some(Color::Rgb(0xe5, 0x48, 0x4d)),
    accent: Some(Color::Rgb(0x3a, 0x8b, 0xd6)),
    dim: Some(Color::Rgb(0x8a, 0x8a, 0x8a)),
};
const TRUE_LIGHT: Palette = Palette {
    good: Some(Color::Rgb(0x1f, 0x6f, 0x3a)),
    warning: Some(Color::Rgb(0x8a, 0x4b, 0x00)),
    bad: Some(Color::Rgb(0xb3, 0x26, 0x1e)),
    accent: Some(Color::Rgb(0x1a, 0x5f, 0xb4)),
    dim: Some(Color::Rgb(0x66, 0x66, 0x66)),
};

/// Terminals that show any colour, by what `TERM` says; over SSH nothing else tells.
const TRUE_TERMS: [&str; 7] =
    ["-direct", "kitty", "alacritty", "foot", "ghostty", "wezterm", "truecolor"];
/// Terminals without colours.
const PLAIN_TERMS: [&str; 6] = ["dumb", "vt100", "vt102", "vt220", "xterm-mono", "linux-m"];

impl Colours {
    /// As the environment tells.
    fn of(env: &impl Fn(&str) -> Option<String>) -> Colours {
        let said = |name: &str| env(name).filter(|it| !it.is_empty());
        let term = said("TERM").unwrap_or_default();
        let any = matches!(said("COLORTERM").as_deref(), Some("truecolor" | "24bit"));
        // GNU screen hands on what the terminal around it can, and cannot do it itself.
        let screen = term.starts_with("screen");
        if said("NO_COLOR").is_some() || PLAIN_TERMS.contains(&term.as_str()) {
            Colours::None
        } else if !screen && (any || TRUE_TERMS.iter().any(|it| term.contains(it))) {
            Colours::True
        } else if term.contains("256color") {
            Colours::Many
        } else {
            Colours::Sixteen
        }
    }
}

impl Look {
    /// As wished; what is not said, as the environment tells: `NO_COLOR`, `TERM`, `COLORTERM`, `COLORFGBG`, the locale.
    pub(super) fn of(wish: LookWish, env: impl Fn(&str) -> Option<String>) -> Look {
        let said = |name: &str| env(name).filter(|it| !it.is_empty());
        let colours = wish.colours.unwrap_or_else(|| Colours::of(&env));
        // The last of `15;0` or `0;default;15` is the ground; 7 and 15 are light.
        let ground = said("COLORFGBG").and_then(|it| it.rsplit(';').next()?.parse::<u8>().ok());
        let light = wish.light.unwrap_or(matches!(ground, Some(7 | 15)));
        let locale = said("LC_ALL").or_else(|| said("LC_CTYPE")).or_else(|| said("LANG"));
        let locale = locale.unwrap_or_default().to_uppercase();
        let utf8 = locale.contains("UTF-8") || locale.contains("UTF8");
        // The fonts of a console without windows lack most signs.
        let console = said("TERM").as_deref() == Some("linux");
        Look { colours, light, ascii: wish.ascii.unwrap_or(!utf8 || console) }
    }

    fn palette(self) -> Palette {
        match (self.colours, self.light) {
            (Colours::None, _) => PLAIN,
            (Colours::Sixteen, false) => SIXTEEN_DARK,
            (Colours::Sixteen, true) => SIXTEEN_LIGHT,
            (Colours::Many, false) => MANY_DARK,
            (Colours::Many, true) => MANY_LIGHT,
            (Colours::True, false) => TRUE_DARK,
            (Colours::True, true) => TRUE_LIGHT,
        }
    }

    /// Ordinary text.
    pub(super) fn text(self) -> Style {
        Style::new()
    }

    /// Text that matters less.
    pub(super) fn dim(self) -> Style {
        match self.palette().dim {
            Some(colour) => Style::new().fg(colour),
            None => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Headings.
    pub(super) fn heading(self) -> Style {
        self.accent().add_modifier(Modifier::BOLD)
    }

    /// All is well.
    pub(super) fn good(self) -> Style {
        inked(self.palette().good)
    }

    /// Worth a look.
    pub(super) fn warning(self) -> Style {
        inked(self.palette().warning)
    }

    /// A person must act.
    pub(super) fn bad(self) -> Style {
        inked(self.palette().bad).add_modifier(Modifier::BOLD)
    }

    /// Keys, marks, what is under way.
    pub(super) fn accent(self) -> Style {
        inked(self.palette().accent)
    }

    /// The row the cursor is on.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The word for where a job stands; the same on all pages.
    pub(super) fn status(self, status: JobStatus) -> Style {
        match status {
            JobStatus::Queued => self.text(),
            JobStatus::Running => self.accent(),
            JobStatus::Waiting => self.warning(),
            JobStatus::Parked => self.bad(),
            JobStatus::Done => self.good(),
            JobStatus::Paused | JobStatus::Cancelled => self.dim(),
        }
    }

    /// A sign for where a job stands, one column wide: it also tells where there are no colours.
    pub(super) fn status_sign(self, status: JobStatus) -> &'static str {
        match status {
            JobStatus::Queued => self.sign("·", "."),
            JobStatus::Running => self.sign("▸", ">"),
            JobStatus::Waiting => self.sign("…", "~"),
            JobStatus::Paused => self.sign("‖", "="),
            JobStatus::Parked => "!",
            JobStatus::Done => self.sign("✓", "+"),
            JobStatus::Cancelled => self.sign("×", "x"),
        }
    }

    /// One sign or its plain one.
    pub(super) fn sign(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { unicode }
    }
}

fn inked(colour: Option<Color>) -> Style {
    colour.map_or_else(Style::new, |it| Style::new().fg(it))
}

#[cfg(test)]
mod tests;
