//! Styles of an ASS file: one more beside each that is needed, for the second language of a bilingual file.

use super::timing;
use std::collections::{BTreeMap, BTreeSet};

/// The second text is this part of the first one's size.
const SECOND_SIZE: f64 = 0.75;
/// And of this colour: a pale yellow, in the order of ASS (alpha, blue, green, red).
pub(super) const SECOND_COLOUR: &str = "&H0099E6FF";
/// Columns of a style line at most; more is no ASS.
const COLUMNS_MAX: usize = 64;

/// A style made after one of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Second {
    /// Its name, which can stand in a `\r` tag.
    pub(super) name: String,
    /// Where its line goes: the end of the line it is made after.
    pub(super) at: usize,
    /// Its line, with the line end that parts it from the one before.
    pub(super) line: String,
}

/// Where a style line has what.
struct Columns {
    name: usize,
    size: Option<usize>,
    colour: Option<usize>,
}

impl Columns {
    fn read(list: &str) -> Option<Columns> {
        let column =
            |name: &str| list.split(',').position(|it| it.trim().eq_ignore_ascii_case(name));
        let usable = list.split(',').count() <= COLUMNS_MAX && column("Fontname").is_some();
        let (size, colour) = (column("Fontsize"), column("PrimaryColour"));
        column("Name").filter(|_| usable).map(|name| Columns { name, size, colour })
    }
}

/// A second style for each of a file, by the name of the first.
pub(super) fn seconds(text: &str) -> BTreeMap<String, Second> {
    let mut columns = Columns { name: 0, size: Some(2), colour: Some(3) };
    let (mut found, mut taken) = (Vec::new(), BTreeSet::new());
    for line in timing::lines(text) {
        let content = &text[line.clone()];
        if let Some(list) = super::ass::keyword(content, "format:") {
            columns = Columns::read(list).unwrap_or(columns);
        } else if let Some(list) = super::ass::keyword(content, "style:") {
            let name = bare(list.split(',').nth(columns.name).unwrap_or_default());
            taken.insert(name.to_owned());
            found.push((name, list, line.end, (columns.name, columns.size, columns.colour)));
        }
    }
    let end = timing::line_end(text);
    let mut seconds = BTreeMap::new();
    for (index, (name, list, at, (name_at, size_at, colour_at))) in found.into_iter().enumerate() {
        let own = second_name(name, index, &taken);
        taken.insert(own.clone());
        let field = |(column, old): (usize, &str)| match Some(column) {
            it if it == Some(name_at) => format!(" {own}"),
            it if it == size_at => smaller(old),
            it if it == colour_at => SECOND_COLOUR.to_owned(),
            _ => old.to_owned(),
        };
        let fields: Vec<String> = list.split(',').enumerate().map(field).collect();
        let line = format!("{end}Style:{}", fields.join(","));
        // Of two styles of one name players take the last.
        seconds.insert(name.to_owned(), Second { name: own, at, line });
    }
    seconds
}

/// The second style of an event: players show an event whose style is not there in `Default`.
pub(super) fn of<'a>(seconds: &'a BTreeMap<String, Second>, style: &str) -> Option<&'a Second> {
    seconds.get(bare(style)).or_else(|| seconds.get("Default"))
}

/// A style's name as players compare it: some files put a star before it.
fn bare(name: &str) -> &str {
    name.trim().trim_start_matches('*')
}

/// A name nobody has, without what would end a tag.
fn second_name(first: &str, index: usize, taken: &BTreeSet<String>) -> String {
    let plain = |it: char| if it.is_alphanumeric() || " -_".contains(it) { it } else { '_' };
    let first: String = first.chars().map(plain).collect();
    let name = format!("{first} Second");
    let numbered = (index + 2..).map(|it| format!("{name} {it}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|it| !taken.contains(it)).unwrap_or(name)
}

fn smaller(size: &str) -> String {
    let number = size.trim().parse::<f64>().ok().filter(|it| it.is_finite() && *it > 0.0);
    number.map_or_else(|| size.to_owned(), |it| format!("{:.0}", (it * SECOND_SIZE).max(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_style_is_the_first_but_for_size_and_colour() {
        let rows = [
            (
                "[V4+ Styles]\r\nFormat: Name, Fontname, Fontsize, PrimaryColour, Bold\r\n\
                 Style: Main,Arial,60,&H00FFFFFF,-1\r\n",
                "Main",
                "\r\nStyle: Main Second,Arial,45,&H0099E6FF,-1",
                "Main Second",
            ),
            (
                "[V4 Styles]\nStyle: *Default,Arial,20,16777215,0",
                "Default",
                "\nStyle: Default Second,Arial,15,&H0099E6FF,0",
                "Default Second",
            ),
            (
                "Format: Fontname, Name, PrimaryColour\nStyle: Arial,Si\\gn},1,x",
                "*Si\\gn}",
                "\nStyle:Arial, Si_gn_ Second,&H0099E6FF,x".trim_start_matches('x'),
                "Si_gn_ Second",
            ),
            (
                "Style: A,Arial,odd,1\nStyle: A Second,Arial,9,1",
                "A",
                "\nStyle: A Second 2,Arial,odd,&H0099E6FF",
                "A Second 2",
            ),
            (
                "Style: Default,Arial,8,1",
                "Lost",
                "\nStyle: Default Second,Arial,6,&H0099E6FF",
                "Default Second",
            ),
        ];
        for (text, style, line, name) in rows {
            let seconds = seconds(text);
            let found = of(&seconds, style).unwrap();
            assert_eq!(
                (found.line.replace("Style: Arial", "Style:Arial"), found.name.as_str()),
                (line.to_owned(), name)
            );
        }
        assert_eq!(of(&seconds("Style: A,Arial,8,1"), "B"), None);
    }
}
