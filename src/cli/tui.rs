//! `kinora tui`: finds the service, and shows it.

use super::Exit;
use super::args_tui::TuiArgs;
use crate::api::client::Client;
use crate::api::run::Fault;
use crate::app;
use crate::app::config::Config;
use crate::base::text::show_path;
use crate::tui::{LookWish, Options, run};

/// Of the service on this machine.
pub(crate) fn here(config: &Config, asked: TuiArgs) -> Result<Exit, Fault> {
    show(app::client(config)?, &asked)
}

/// Of the service at an address.
pub(crate) fn remote(asked: TuiArgs) -> Result<Exit, Fault> {
    let token = asked.token_file.as_ref().map(|file| {
        let read = std::fs::read_to_string(file);
        read.map(|it| it.trim().to_owned()).map_err(|err| {
            let what = format!("the token file {} cannot be read ({err})", show_path(file));
            Fault::operator(what, "copy Kinora's file `token` there, readable for you alone")
        })
    });
    let url = asked.url.clone().unwrap_or_default();
    show(Client::new(&url, token.transpose()?)?, &asked)
}

fn show(client: Client, asked: &TuiArgs) -> Result<Exit, Fault> {
    let look = LookWish {
        light: asked.light.then_some(true),
        ascii: asked.ascii.then_some(true),
        colours: None,
    };
    run(client, &Options { page: asked.page, look, once: asked.once() })?;
    Ok(Exit::Good)
}
