//! Access keys and attached policies: what is stored comes back, what was changed does not.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use gatelet_aws::access::{CredentialKeys, CredentialTable, NewAccessKey, Sealing};
use gatelet_control::access_keys::{AccessKeyId, PrincipalArn, UserName, user};
use gatelet_core::ports::{Clock, Credentials, PortError, Secret, Timestamp};
use gatelet_local::store::{StateOption, Store};
use gatelet_model::AccountId;

use crate::fixture::{SOON, Time, region};

const TABLE: &str = "gatelet-credentials";
const SECRET: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "FwoGZXIvYXdzEBYaDExampleExampleExample";
const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}"#;

struct Setup {
    store: Store,
    time: Arc<Time>,
    keys: CredentialKeys,
    key_text: String,
}

impl Setup {
    async fn new() -> Self {
        let made = CredentialKeys::generate().unwrap();
        let store = Store::open(StateOption::Memory).await.unwrap();
        Self { store, time: Arc::new(Time::default()), keys: made.keys, key_text: made.text }
    }

    /// The table, for whoever has these keys.
    async fn with_keys(&self, keys: Option<CredentialKeys>) -> CredentialTable {
        self.store.credentials(region(), keys, Arc::clone(&self.time) as Arc<dyn Clock>).await.unwrap()
    }

    async fn table(&self) -> CredentialTable {
        self.with_keys(Some(self.keys.clone())).await
    }

    fn deadline(&self) -> Timestamp {
        self.time.now().after(SOON)
    }

    async fn stored(&self, number: u8) -> AccessKeyId {
        let key = new_key(number);
        let id = key.id.clone();
        self.table().await.put_access_key(key, self.deadline()).await.unwrap();
        id
    }

    async fn item(&self, pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
        let get = self.store.client(region()).get_item().table_name(TABLE);
        let get = get.key("pk", AttributeValue::S(pk.to_owned())).key("sk", AttributeValue::S(sk.to_owned()));
        get.send().await.unwrap().item.unwrap()
    }

    async fn access_key_item(&self, id: &AccessKeyId) -> HashMap<String, AttributeValue> {
        self.item(&format!("global#{id}"), &format!("access-key#{id}")).await
    }

    async fn put(&self, item: HashMap<String, AttributeValue>) {
        self.store.client(region()).put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    /// Why an access key cannot be read.
    async fn unreadable(&self, id: &AccessKeyId) -> String {
        unreadable(self.table().await.access_key(id.as_str(), self.deadline()).await)
    }
}

fn unreadable<T: std::fmt::Debug>(result: Result<T, PortError>) -> String {
    match result.unwrap_err() {
        PortError::Unreadable { why, .. } => why,
        other => panic!("{other}"),
    }
}

fn new_key(number: u8) -> NewAccessKey {
    let id = AccessKeyId::from_random(&[number; 16]);
    let name = UserName::parse("ci").unwrap();
    NewAccessKey {
        identity: user(&AccountId::parse("111122223333").unwrap(), &region(), &name, &id),
        user: name,
        secret: Secret::new(SECRET),
        session_token: Some(Secret::new(TOKEN)),
        created: Timestamp::from_milliseconds(1_000 - u64::from(number)),
        expires: Some(Timestamp::from_milliseconds(5_000)),
        policies: vec![POLICY.into()],
        id,
    }
}

#[tokio::test]
async fn an_access_key_comes_back_as_it_was_stored() {
    let setup = Setup::new().await;
    let id = setup.stored(1).await;
    let table = setup.table().await;
    let key = table.access_key(id.as_str(), setup.deadline()).await.unwrap().unwrap();
    assert_eq!(key.secret.reveal(), SECRET);
    assert_eq!(key.session_token.as_ref().unwrap().reveal(), TOKEN);
    assert_eq!(key.expires, Some(Timestamp::from_milliseconds(5_000)));
    assert_eq!(&*key.identity.user_arn, "arn:aws:iam::111122223333:user/ci");
    assert_eq!(key.identity.access_key.as_deref(), Some(id.as_str()));
    assert_eq!((key.enabled, key.policies), (true, vec![POLICY.into()]));

    let twice = table.put_access_key(new_key(1), setup.deadline()).await.unwrap_err().to_string();
    assert!(twice.contains("ConditionalCheckFailed"), "{twice}");
}

#[tokio::test]
async fn an_id_that_nobody_has_is_no_access_key() {
    let setup = Setup::new().await;
    let table = setup.table().await;
    let long = "G".repeat(5_000);
    for id in ["GTLKAAAAAAAAAAAAAAAA", "AKIAIOSFODNN7EXAMPLE", "", &long] {
        assert!(table.access_key(id, setup.deadline()).await.unwrap().is_none(), "{id}");
    }
    let none = CredentialTable::default();
    assert!(none.access_key("GTLKAAAAAAAAAAAAAAAA", setup.deadline()).await.unwrap().is_none());
    assert!(
        none.attached_policies("arn:aws:iam::111122223333:user/ci", setup.deadline())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn no_secret_is_stored_or_shown() {
    let setup = Setup::new().await;
    let id = setup.stored(1).await;
    let table = setup.table().await;
    let key = table.access_key(id.as_str(), setup.deadline()).await.unwrap().unwrap();
    let told = table.access_keys(setup.deadline()).await.unwrap();
    let item = setup.access_key_item(&id).await;
    for shown in [
        format!("{key:?}"),
        format!("{told:?}"),
        format!("{:?}", new_key(1)),
        format!("{item:?}"),
        format!("{table:?}"),
    ] {
        assert!(
            !shown.contains("wJalr") && !shown.contains("FwoG") && !shown.contains(&setup.key_text),
            "{shown}"
        );
    }
    let holds = |bytes: &[u8], text: &str| bytes.windows(8).any(|window| window == &text.as_bytes()[..8]);
    for (name, value) in &item {
        let bytes = match value {
            AttributeValue::S(text) | AttributeValue::N(text) => text.as_bytes().to_vec(),
            AttributeValue::B(blob) => blob.as_ref().to_vec(),
            other => panic!("{name}: {other:?}"),
        };
        assert!(!holds(&bytes, SECRET) && !holds(&bytes, TOKEN), "{name}");
    }
}

#[tokio::test]
async fn another_key_does_not_open_a_secret_and_the_one_before_does() {
    let setup = Setup::new().await;
    let id = setup.stored(1).await;
    let other = CredentialKeys::generate().unwrap();

    let stranger = setup.with_keys(Some(other.keys.clone())).await;
    let why = unreadable(stranger.access_key(id.as_str(), setup.deadline()).await);
    assert!(why.starts_with("a secret is encrypted with the key `"), "{why}");
    assert!(why.ends_with("which is not known here; give it as the second one"), "{why}");

    let keyless = setup.with_keys(None).await;
    let why = unreadable(keyless.access_key(id.as_str(), setup.deadline()).await);
    assert!(why.ends_with("set `GATELET_CREDENTIALS_KEY`"), "{why}");
    let why = unreadable(keyless.put_access_key(new_key(2), setup.deadline()).await);
    assert!(why.ends_with("set `GATELET_CREDENTIALS_KEY`"), "{why}");
    assert_eq!(keyless.access_keys(setup.deadline()).await.unwrap().len(), 1, "all but secrets is read");

    let rotated = CredentialKeys::parse(&format!("{},{}", other.text, setup.key_text)).unwrap();
    let rotated = setup.with_keys(Some(rotated)).await;
    let key = rotated.access_key(id.as_str(), setup.deadline()).await.unwrap().unwrap();
    assert_eq!(key.secret.reveal(), SECRET);
    let newer = new_key(2).id;
    rotated.put_access_key(new_key(2), setup.deadline()).await.unwrap();
    let key = stranger.access_key(newer.as_str(), setup.deadline()).await.unwrap().unwrap();
    assert_eq!(key.secret.reveal(), SECRET, "the first of two keys encrypts");
}

#[tokio::test]
async fn a_secret_that_was_changed_or_moved_does_not_open() {
    let setup = Setup::new().await;
    let (id, other) = (setup.stored(1).await, setup.stored(2).await);
    let item = setup.access_key_item(&id).await;
    let encrypted = item["encrypted"].as_b().unwrap().as_ref().to_vec();
    let changed = "a secret does not decrypt: what is stored was changed";
    for position in [0, 11, 12, encrypted.len() / 2, encrypted.len() - 1] {
        let mut bytes = encrypted.clone();
        bytes[position] ^= 0x80;
        let mut item = item.clone();
        item.insert("encrypted".to_owned(), AttributeValue::B(bytes.into()));
        setup.put(item).await;
        assert_eq!(setup.unreadable(&id).await, changed, "{position}");
    }
    let mut empty = item.clone();
    empty.insert("encrypted".to_owned(), AttributeValue::B(vec![0].into()));
    setup.put(empty).await;
    assert_eq!(setup.unreadable(&id).await, changed);

    let mut moved = setup.access_key_item(&other).await;
    moved.insert("encrypted".to_owned(), AttributeValue::B(encrypted.into()));
    setup.put(moved).await;
    assert_eq!(setup.unreadable(&other).await, changed, "a secret opens under its own id alone");
}

#[tokio::test]
async fn what_stands_beside_a_secret_cannot_be_changed_but_for_the_status() {
    let setup = Setup::new().await;
    let id = setup.stored(1).await;
    let item = setup.access_key_item(&id).await;
    let text = |text: &str| Some(AttributeValue::S(text.to_owned()));
    let number = |number: &str| Some(AttributeValue::N(number.to_owned()));
    let policies = serde_json::to_string(&[POLICY.replace("execute-api:Invoke", "*")]).unwrap();
    for (name, value) in [
        ("account", text("444455556666")),
        ("user_arn", text("arn:aws:iam::111122223333:user/admin")),
        ("user_id", text("GTLUAAAAAAAAAAAAAAAA")),
        ("user_name", text("admin")),
        ("created_milliseconds", number("998")),
        ("expires_milliseconds", number("6000")),
        ("expires_milliseconds", None),
        ("policies", text(&policies)),
        ("policies", text("[]")),
    ] {
        let mut changed = item.clone();
        let before = match value.clone() {
            Some(value) => changed.insert(name.to_owned(), value),
            None => changed.remove(name),
        };
        assert!(before.is_some() && before != value, "{name}");
        setup.put(changed).await;
        let why = setup.unreadable(&id).await;
        assert_eq!(why, "a secret does not decrypt: what is stored was changed", "{name}");
    }
    let mut disabled = item;
    disabled.insert("status".to_owned(), AttributeValue::S("Inactive".to_owned()));
    setup.put(disabled).await;
    let key = setup.table().await.access_key(id.as_str(), setup.deadline()).await.unwrap().unwrap();
    assert!(!key.enabled);
}

#[tokio::test]
async fn secrets_are_encrypted_anew_and_all_else_stays() {
    let setup = Setup::new().await;
    let (id, broken, newer) = (setup.stored(1).await, setup.stored(2).await, setup.stored(3).await);
    let before = setup.access_key_item(&id).await;
    let mut changed = setup.access_key_item(&broken).await;
    changed.insert("user_name".to_owned(), AttributeValue::S("admin".to_owned()));
    setup.put(changed.clone()).await;
    let mut of_later = setup.access_key_item(&newer).await;
    of_later.insert("format".to_owned(), AttributeValue::N("2".to_owned()));
    setup.put(of_later.clone()).await;

    let made = CredentialKeys::generate().unwrap();
    let both = CredentialKeys::parse(&format!("{},{}", made.text, setup.key_text)).unwrap();
    let (table, deadline) = (setup.with_keys(Some(both)).await, setup.deadline());
    let mut ids = vec![id.to_string(), broken.to_string(), newer.to_string()];
    ids.sort();
    assert_eq!(table.access_key_ids(deadline).await.unwrap(), ids);
    let encrypt = async |id: &str| table.encrypt_anew(id, deadline).await.unwrap();
    assert_eq!(encrypt(id.as_str()).await, Sealing::Anew);
    let after = setup.access_key_item(&id).await;
    assert_eq!(encrypt(id.as_str()).await, Sealing::Already);
    assert_eq!(setup.access_key_item(&id).await, after);
    for (name, value) in &before {
        let is_new = ["encrypted", "encryption_key", "version"].contains(&name.as_str());
        assert_eq!(after[name] != *value, is_new, "{name}");
    }
    let alone = setup.with_keys(Some(made.keys)).await;
    let key = alone.access_key(id.as_str(), deadline).await.unwrap().unwrap();
    assert_eq!((key.secret.reveal(), key.session_token.unwrap().reveal()), (SECRET, TOKEN));

    for (id, item) in [(&broken, changed), (&newer, of_later)] {
        assert!(matches!(encrypt(id.as_str()).await, Sealing::Unreadable(_)), "{id}");
        assert_eq!(setup.access_key_item(id).await, item, "what cannot be read stays as it is");
    }
    assert!(matches!(encrypt("no id").await, Sealing::Unreadable(_)));
    table.remove_access_key(&id, deadline).await.unwrap();
    assert_eq!(encrypt(id.as_str()).await, Sealing::Gone);
    let why = unreadable(setup.with_keys(None).await.encrypt_anew(id.as_str(), deadline).await);
    assert!(why.ends_with("set `GATELET_CREDENTIALS_KEY`"), "{why}");
}

#[tokio::test]
async fn an_unknown_format_is_refused_and_not_overwritten() {
    let setup = Setup::new().await;
    let id = setup.stored(1).await;
    let arn = PrincipalArn::parse("arn:aws:iam::111122223333:role/ci").unwrap();
    let table = setup.table().await;
    table.attach(&arn, &[POLICY.into()], setup.deadline()).await.unwrap();
    let newer = |mut item: HashMap<String, AttributeValue>| {
        item.insert("format".to_owned(), AttributeValue::N("2".to_owned()));
        item
    };
    setup.put(newer(setup.access_key_item(&id).await)).await;
    setup.put(newer(setup.item(&format!("global#{arn}"), &format!("principal#{arn}")).await)).await;
    let deadline = setup.deadline();
    for why in [
        setup.unreadable(&id).await,
        unreadable(table.access_keys(deadline).await),
        unreadable(table.set_enabled(&id, false, deadline).await),
        unreadable(table.attached_policies(arn.as_str(), deadline).await),
        unreadable(table.principals(deadline).await),
    ] {
        assert!(why.starts_with("it is in format 2"), "{why}");
    }
    let why = unreadable(table.attach(&arn, &[], deadline).await);
    assert_eq!(why, "what is attached there is in another format; use a version that knows it");
    assert_eq!(setup.access_key_item(&id).await["status"].as_s().unwrap(), "Active");

    let mut unknown = setup.access_key_item(&id).await;
    unknown.insert("format".to_owned(), AttributeValue::N("1".to_owned()));
    unknown.insert("status".to_owned(), AttributeValue::S("Suspended".to_owned()));
    setup.put(unknown).await;
    assert_eq!(setup.unreadable(&id).await, "the status `Suspended` is not known here");
}

#[tokio::test]
async fn keys_are_listed_switched_and_forgotten() {
    let setup = Setup::new().await;
    let (older, newer) = (setup.stored(9).await, setup.stored(1).await);
    let (table, deadline) = (setup.table().await, setup.deadline());
    let ids: Vec<AccessKeyId> =
        table.access_keys(deadline).await.unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!(ids, [older.clone(), newer.clone()], "the oldest first");

    for enabled in [false, false, true] {
        assert!(table.set_enabled(&older, enabled, deadline).await.unwrap());
        let key = table.access_key(older.as_str(), deadline).await.unwrap().unwrap();
        assert_eq!((key.enabled, key.secret.reveal()), (enabled, SECRET));
    }
    assert_eq!(setup.access_key_item(&older).await["version"].as_n().unwrap(), "4");

    assert!(table.remove_access_key(&older, deadline).await.unwrap());
    assert!(!table.remove_access_key(&older, deadline).await.unwrap());
    assert!(!table.set_enabled(&older, true, deadline).await.unwrap());
    assert!(table.stored_access_key(&older, deadline).await.unwrap().is_none());
    assert!(table.access_key(older.as_str(), deadline).await.unwrap().is_none());
    assert!(table.access_key(newer.as_str(), deadline).await.unwrap().is_some());
}

#[tokio::test]
async fn policies_are_attached_to_principals_and_taken_away() {
    let setup = Setup::new().await;
    let (table, deadline) = (setup.table().await, setup.deadline());
    let arn = PrincipalArn::parse("arn:aws:iam::111122223333:role/team/ci").unwrap();
    let read = async || table.attached_policies("arn:aws:iam::111122223333:role/ci", deadline).await.unwrap();
    assert!(read().await.is_empty());
    table.attach(&arn, &[POLICY.into(), POLICY.into()], deadline).await.unwrap();
    assert_eq!(read().await.len(), 2);
    table.attach(&arn, &[POLICY.into()], deadline).await.unwrap();
    assert_eq!(read().await, [Box::<str>::from(POLICY)]);
    let all = table.principals(deadline).await.unwrap();
    assert_eq!((all.len(), all[0].principal.as_str()), (1, "arn:aws:iam::111122223333:role/ci"));
    assert!(table.access_keys(deadline).await.unwrap().is_empty());
    assert!(table.detach(&arn, deadline).await.unwrap());
    assert!(!table.detach(&arn, deadline).await.unwrap());
    assert!(read().await.is_empty());
}
