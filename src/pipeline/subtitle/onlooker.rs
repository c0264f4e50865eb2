//! Who reads along while a film is listened to and translated: told each line as soon as it is there.

use crate::domain::time::Span;

/// Text with its language, BCP 47.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// Its language.
    pub language: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Something that was said in a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidLine<'a> {
    /// When.
    pub span: Span,
    /// As it is spoken; `None` where only its translation is told, which belongs to what is spoken there.
    pub original: Option<Said<'a>>,
    /// What it means.
    pub translation: Option<Said<'a>>,
}

/// Whoever reads along. Telling must not wait for anything: the step goes on meanwhile.
pub trait Onlooker {
    /// A line was heard or translated. Lines need not come in the film's order.
    fn told(&self, line: &SaidLine<'_>);
}
