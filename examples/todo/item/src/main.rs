//! One item of the list: `GET`, `PUT` and `DELETE /todos/{id}`.

use std::fs;
use std::io::ErrorKind;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An item as it is kept.
#[derive(Serialize, Deserialize)]
struct Todo {
    id: u64,
    text: String,
    done: bool,
}

/// What of the event matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    route_key: String,
    path_parameters: PathParameters,
    body: Option<String>,
}

#[derive(Deserialize)]
struct PathParameters {
    id: String,
}

/// What `PUT` may change.
#[derive(Deserialize)]
struct Change {
    text: Option<String>,
    done: Option<bool>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |event: LambdaEvent<Event>| answer(event.payload))).await
}

fn answer(event: Event) -> Result<Value, Error> {
    let mut todos = load()?;
    let id: Option<u64> = event.path_parameters.id.parse().ok();
    let Some(todo) = todos.iter_mut().find(|todo| Some(todo.id) == id) else {
        return Ok(json!({ "statusCode": 404, "body": "there is no such item\n" }));
    };
    let todo = match event.route_key.split(' ').next() {
        Some("DELETE") => {
            todos.retain(|todo| Some(todo.id) != id);
            save(&todos)?;
            return Ok(json!({ "statusCode": 204 }));
        }
        Some("PUT") => {
            let Ok(change) = serde_json::from_str::<Change>(&event.body.unwrap_or_default()) else {
                return Ok(json!({ "statusCode": 400, "body": "send JSON such as {\"done\": true}\n" }));
            };
            todo.text = change.text.unwrap_or_else(|| todo.text.clone());
            todo.done = change.done.unwrap_or(todo.done);
            println!("changed {}", todo.id);
            let answer = serde_json::to_string(todo)?;
            save(&todos)?;
            answer
        }
        _ => serde_json::to_string(todo)?,
    };
    let headers = json!({ "Content-Type": "application/json" });
    Ok(json!({ "statusCode": 200, "headers": headers, "body": todo }))
}

fn load() -> Result<Vec<Todo>, Error> {
    match fs::read(file()?) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Whole or not at all; two who write at the same time are not told apart.
fn save(todos: &[Todo]) -> Result<(), Error> {
    let file = file()?;
    fs::write(format!("{file}.new"), serde_json::to_vec(todos)?)?;
    Ok(fs::rename(format!("{file}.new"), file)?)
}

fn file() -> Result<String, Error> {
    Ok(std::env::var("TODOS_FILE")?)
}
