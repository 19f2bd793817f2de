//! Objects of S3, up and down.

use super::{Definition, Services, text};

const OWN: &str = r#"
openapi: 3.0.1
info: {title: objects, version: "1"}
x-amazon-apigateway-binary-media-types: ["image/png"]
paths:
  /objects/{key+}:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: ANY
        credentials: arn:aws:iam::123456789012:role/objects
        uri: "arn:aws:apigateway:us-east-1:s3:path/{name}/{key}"
        requestParameters:
          integration.request.path.key: method.request.path.key
          integration.request.header.Content-Type: method.request.header.Content-Type
        responses:
          default:
            statusCode: "200"
            responseParameters:
              method.response.header.Content-Type: integration.response.header.Content-Type
              method.response.header.ETag: integration.response.header.ETag
          '4\d{2}': {statusCode: "404"}
  /base64/{key}:
    put:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: PUT
        uri: "arn:aws:apigateway:us-east-1:s3:path/{name}/{key}"
        contentHandling: CONVERT_TO_BINARY
        requestParameters:
          integration.request.path.key: method.request.path.key
          integration.request.header.Content-Type: "'image/png'"
        responses: {default: {statusCode: "200"}}
    get:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: GET
        uri: "arn:aws:apigateway:us-east-1:{name}.s3:path/{key}"
        requestParameters: {integration.request.path.key: method.request.path.key}
        responses: {default: {statusCode: "200", contentHandling: CONVERT_TO_TEXT}}
"#;

const KEYS: &str = "
import boto3
for item in boto3.client('s3').list_objects_v2(Bucket='raw-pets').get('Contents', []):
    print(item['Key'])
";

/// Bytes that are no text.
fn picture() -> Vec<u8> {
    (0..=255_u8).cycle().take(70_000).collect()
}

#[tokio::test]
async fn objects_go_up_and_down_as_they_are() {
    const BUCKET: &str = "import boto3; boto3.client('s3').create_bucket(Bucket='raw-pets')";
    let definition = Definition::Own { text: OWN, name: "raw-pets" };
    let Some(services) = Services::start(&definition, BUCKET).await else { return };
    let png = [("content-type", "image/png"), ("accept", "image/png")];
    for path in ["/objects/cat.png", "/objects/a%20b/c(1)+%C3%A9.png"] {
        let put = services.send("PUT", path, &png, &picture()).await;
        assert_eq!(put.status, 200, "{path}: {}", text(&put));
        let got = services.send("GET", path, &png, b"").await;
        assert_eq!((got.status, got.headers["content-type"].to_str().unwrap()), (200, "image/png"));
        assert!(got.body == picture(), "{path}");
    }
    let mut keys: Vec<_> = services.moto.python(KEYS, &[]).lines().map(str::to_owned).collect();
    keys.sort();
    assert_eq!(keys, ["a b/c(1)+é.png", "cat.png"]);
    let empty = services.send("PUT", "/objects/empty.png", &png, b"").await;
    assert_eq!(empty.status, 200, "{}", text(&empty));
    let got = services.send("GET", "/objects/empty.png", &png, b"").await;
    assert_eq!((got.status, got.body.len()), (200, 0));
    assert_eq!(services.send("GET", "/objects/none", &[], b"").await.status, 404);
    assert_eq!(services.send("DELETE", "/objects/cat.png", &[], b"").await.status, 200);
    assert_eq!(services.send("GET", "/objects/cat.png", &[], b"").await.status, 404);
}

#[tokio::test]
async fn objects_go_up_from_base64_and_down_to_it() {
    use base64::Engine as _;

    const BUCKET: &str = "import boto3; boto3.client('s3').create_bucket(Bucket='encoded-pets')";
    let definition = Definition::Own { text: OWN, name: "encoded-pets" };
    let Some(services) = Services::start(&definition, BUCKET).await else { return };
    let encoded = base64::engine::general_purpose::STANDARD.encode(picture());
    let headers = [("content-type", "text/plain")];
    let put = services.send("PUT", "/base64/dog.png", &headers, encoded.as_bytes()).await;
    assert_eq!(put.status, 200, "{}", text(&put));
    let accept = [("accept", "image/png")];
    let got = services.send("GET", "/objects/dog.png", &accept, b"").await;
    assert!(got.body == picture(), "{} bytes", got.body.len());
    // The bucket by its own name, which is a sub-domain of whoever stands in.
    assert_eq!(text(&services.send("GET", "/base64/dog.png", &[], b"").await), encoded);
}
