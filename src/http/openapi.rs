//! The document that tells of all addresses (OpenAPI 3.1): what they have in common, and the problems that handlers
//! name among their answers.

use super::trust::OPEN_PATHS;
use crate::api::daemon::PushedEvent;
use crate::api::problem::{PROBLEM_JSON, Problem};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{Components, Schema};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::Tag;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, Info, OpenApi, Paths, Ref, RefOr, Response, ResponseBuilder,
};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

/// The name of the way to show a token.
const TOKEN: &str = "token";

/// A problem that answers may tell of, by the name under which the document keeps it.
struct Told {
    name: &'static str,
    status: &'static str,
    what: &'static str,
}

const fn told(name: &'static str, status: &'static str, what: &'static str) -> Told {
    Told { name, status, what }
}

const MISREAD: Told = told("Misread", "400", "What was asked cannot be read");
const NO_TOKEN: Told = told("NoToken", "401", "It needs the token, or the token is wrong");
const FOREIGN: Told =
    told("Foreign", "403", "The request is for another host, or of a page of one");
const NO_SUCH: Told = told("NoSuch", "404", "There is no such thing");
const TOO_SLOW: Told = told("TooSlow", "408", "The request's body did not come in time");
const NOT_NOW: Told = told("NotNow", "409", "As it stands, that cannot be done with it");
const TOO_LARGE: Told = told("TooLarge", "413", "The request's body is too large");
const NO_JSON: Told =
    told("NoJson", "415", "The request's body is of a kind that is not taken here");
const SENSELESS: Told = told("Senseless", "422", "It can be read, and makes no sense here");
const TOO_MANY: Told =
    told("TooMany", "429", "Too many requests of this client; see `Retry-After`");
const FAILED: Told = told("Failed", "500", "It should work and does not");
const AWAY: Told = told("Away", "503", "Not at the moment");

const ALL: [Told; 12] = [
    MISREAD, NO_TOKEN, FOREIGN, NO_SUCH, TOO_SLOW, NOT_NOW, TOO_LARGE, NO_JSON, SENSELESS,
    TOO_MANY, FAILED, AWAY,
];

/// What any address may answer before or instead of its handler; they need not be named there.
const ANYWHERE: [Told; 7] = [MISREAD, FOREIGN, TOO_SLOW, TOO_LARGE, NO_JSON, TOO_MANY, FAILED];

type Answers = BTreeMap<String, RefOr<Response>>;

fn answers<const N: usize>(problems: [Told; N]) -> Answers {
    let answer = |it: Told| (it.status.to_owned(), RefOr::Ref(Ref::from_response_name(it.name)));
    problems.into_iter().map(answer).collect()
}

/// Takes a body of JSON: 400 and 415.
pub(super) struct TakesJson;
/// Names something that need not be there: 404.
pub(super) struct NoSuch;
/// Does something that its state may not allow: 409.
pub(super) struct NotNow;
/// Takes what may make no sense here: 422.
pub(super) struct Senseless;
/// Does not do it at any time: 503.
pub(super) struct Away;

impl IntoResponses for TakesJson {
    fn responses() -> Answers {
        answers([MISREAD, NO_JSON])
    }
}

impl IntoResponses for NoSuch {
    fn responses() -> Answers {
        answers([NO_SUCH])
    }
}

impl IntoResponses for NotNow {
    fn responses() -> Answers {
        answers([NOT_NOW])
    }
}

impl IntoResponses for Senseless {
    fn responses() -> Answers {
        answers([SENSELESS])
    }
}

impl IntoResponses for Away {
    fn responses() -> Answers {
        answers([AWAY])
    }
}

/// The document before any address is in it.
pub(super) fn document() -> OpenApi {
    let mut info = Info::new("Kinora", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Subtitles for every video on a family's NAS. From this machine itself no token is needed; from elsewhere the \
         token of Kinora's token file is. What is refused is told as a problem document (RFC 9457). Whatever is \
         unknown behind the `?` of an address or in a body is refused."
            .to_owned(),
    );
    let mut document = OpenApi::new(info, Paths::new());
    document.components = Some(components());
    // Either nothing, as from this machine, or the token.
    let none = SecurityRequirement::default();
    document.security = Some(vec![none, SecurityRequirement::new(TOKEN, [""; 0])]);
    document.tags = Some(
        [
            ("jobs", "What is wished, and how far it is"),
            ("lanes", "Who works, and when"),
            ("library", "The files, and what is known of them"),
            ("glossary", "How names and words are to be translated"),
            ("models", "What listens and translates"),
            ("health", "How it goes"),
            ("settings", "What is in force"),
            ("webhooks", "Other programs tell what they did"),
            ("drop-in", "Addresses that other programs know already"),
        ]
        .map(|(name, what)| {
            let mut tag = Tag::new(name);
            tag.description = Some(what.to_owned());
            tag
        })
        .to_vec(),
    );
    document
}

fn components() -> Components {
    let mut schemas = vec![
        (Problem::name().into_owned(), Problem::schema()),
        (PushedEvent::name().into_owned(), PushedEvent::schema()),
    ];
    Problem::schemas(&mut schemas);
    PushedEvent::schemas(&mut schemas);
    let builder = ComponentsBuilder::new().schemas_from_iter(schemas);
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    ALL.into_iter()
        .fold(builder.security_scheme(TOKEN, token), |it, problem| {
            let schema = Ref::from_schema_name(Problem::name());
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let response = ResponseBuilder::new().description(problem.what);
            it.response(problem.name, response.content(PROBLEM_JSON, content).build())
        })
        .build()
}

/// Tells of each address what any of them may answer.
pub(super) fn complete(document: &mut OpenApi) {
    let mut names = BTreeSet::new();
    for (path, item) in &mut document.paths.paths {
        let open = OPEN_PATHS.contains(&path.as_str());
        for operation in operations(item) {
            // One handler may serve several methods.
            if let Some(name) = &mut operation.operation_id
                && !names.insert(name.clone())
            {
                name.push_str("_too");
            }
            let mut more = answers(ANYWHERE);
            if open {
                operation.security = Some(Vec::new());
            } else {
                more.extend(answers([NO_TOKEN]));
            }
            for content in operation.request_body.iter_mut().flat_map(|it| it.content.values_mut())
            {
                not_null(&mut content.schema);
            }
            for (status, answer) in more {
                operation.responses.responses.entry(status).or_insert(answer);
            }
        }
    }
}

/// A body may be left out, which the document says otherwise; it is never `null`.
fn not_null(schema: &mut Option<RefOr<Schema>>) {
    if let Some(RefOr::T(Schema::OneOf(either))) = schema {
        let meant = either.items.iter().find(|it| matches!(it, RefOr::Ref(_)));
        if let (2, Some(meant)) = (either.items.len(), meant) {
            *schema = Some(meant.clone());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}
