//! Parts that pages share: lists with a cursor, cells, bars, lines to type in, texts to read, plans to confirm.

pub(super) mod bar;
pub(super) mod cells;
pub(super) mod list;
pub(super) mod plain;
pub(super) mod popup;
pub(super) mod prompt;
pub(super) mod when;
pub(super) mod wrap;
