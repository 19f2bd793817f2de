//! `examples/petstore`, run as its README says.

use serde_json::{Value, json};

use super::has_python;
use crate::client::{Client, get};
use crate::command::{Dev, path, workspace};

#[tokio::test]
async fn the_pet_store_is_served_by_one_command() {
    if !has_python() {
        return;
    }
    let dev = Dev::start(workspace(), &["examples/petstore", "--state", "memory"]).await;
    let shown = dev.shown.join("\n");
    assert!(!shown.contains("warning"), "what newcomers see first has no warnings: {shown}");
    for row in ["GET /pets/{petId} - HTTP_PROXY GET", "OPTIONS /pets - MOCK", "POST /pets - HTTP_PROXY POST"]
    {
        let rows = dev.shown.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(rows.into_iter().any(|line| line.starts_with(row)), "{row}: {shown}");
    }
    let [rest, http] = <[String; 2]>::try_from(dev.urls()).unwrap();
    let (rest, http) = (path(&rest), path(&http));

    let page = get(dev.address, rest).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    for api in [rest, http] {
        let pets = get(dev.address, &format!("{api}pets?type=cat")).await;
        let pets: Value = serde_json::from_str(&pets.body).unwrap();
        assert_eq!(pets, json!([{"id": 2, "type": "cat", "price": 124.99}]), "{api}");
        let pet = get(dev.address, &format!("{api}pets/3")).await;
        assert_eq!(
            (pet.status, serde_json::from_str::<Value>(&pet.body).unwrap()["type"].clone()),
            (200, json!("fish"))
        );
        assert_eq!(get(dev.address, &format!("{api}pets/9")).await.status, 404);

        let mut client = Client::connect(dev.address).await;
        let pet = json!({"type": "gecko", "price": 3}).to_string();
        let head =
            format!("POST {api}pets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
        client.send(format!("{head}Content-Length: {}\r\n\r\n{pet}", pet.len())).await;
        let taken = client.answer().await;
        assert_eq!(taken.status, 200, "{}", taken.body);
        assert_eq!(serde_json::from_str::<Value>(&taken.body).unwrap()["message"], "success");
    }
    let mut client = Client::connect(dev.address).await;
    client.send(format!("OPTIONS {rest}pets HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
    let cors = client.answer().await;
    assert_eq!(cors.header("access-control-allow-origin"), Some("*"));
    assert_eq!(cors.header("access-control-allow-methods"), Some("GET,OPTIONS,POST"));
    let missing = get(dev.address, &format!("{rest}nothing")).await;
    assert_eq!(
        (missing.status, missing.body.as_str()),
        (403, r#"{"message":"Missing Authentication Token"}"#)
    );
}

#[tokio::test]
async fn its_backend_ends_with_the_gateway() {
    if !has_python() {
        return;
    }
    let mut dev = Dev::start(workspace(), &["examples/petstore", "--state", "memory"]).await;
    let apis: Value = serde_json::from_str(&get(dev.control, "/_gatelet/apis").await.body).unwrap();
    assert_eq!(apis["apis"].as_array().unwrap().len(), 2);
    dev.interrupt();
    assert_eq!(dev.ended().await, Some(0));
    // Its output ends when the last process that writes there has ended, the backend included.
    dev.until("stopped").await;
}
