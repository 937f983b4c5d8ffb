/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the IKE plugin and the agent say to each other: one message a packet on
 * a SOCK_SEQPACKET Unix socket, host byte order unless said otherwise.
 *
 * A message is struct tg_wire_hdr and then items: struct tg_wire_item and that
 * many octets, no padding. An item that is not listed for a message, a second
 * one where one is allowed, a length that does not fit or octets left over make
 * the whole message bad: the receiver logs it, drops it and closes the
 * connection. The plugin connects again.
 */
#ifndef TRUSTGATE_WIRE_H
#define TRUSTGATE_WIRE_H

#include <stdint.h>

#define TG_WIRE_PATH		"/run/trustgate/plugin.sock"
#define TG_WIRE_MAGIC		0x54474154u	/* "TGAT" */
/* Of another version neither end understands the other, and both say so. */
#define TG_WIRE_VERSION		3
/* Largest message, header included. */
#define TG_WIRE_MAX		65536u
/* Largest number of certificates in one message; more is a bad message. */
#define TG_WIRE_CERTS_MAX	8
/* The same of OCSP responses: one a certificate of the longest path allowed. */
#define TG_WIRE_OCSPS_MAX	4
/* Octets of one OCSP response in IKE; what is longer is told by a flag only. */
#define TG_WIRE_OCSP_MAX	16384u
/* Octets of an INTEGRITY_INFO record; what is longer is told by a flag only. */
#define TG_WIRE_INTEGRITY_MAX	1500u
/* A device identifier asked for and proven (FFS-21), each a Notify in an INFORMATIONAL. */
#define TG_WIRE_CHALLENGE_TYPE	48322u
#define TG_WIRE_PROOF_TYPE	48323u
/* Octets of either; what is longer is not told. */
#define TG_WIRE_DATA_MAX	1024u
/* Octets of Ni and of Nr (RFC 7296 section 3.9), and of the body of an IDi payload. */
#define TG_WIRE_NONCE_MIN	16u
#define TG_WIRE_NONCE_MAX	256u
#define TG_WIRE_IDI_MAX		1024u
/* Octets of a signature and of a key on P-256, each in DER. */
#define TG_WIRE_SIGNATURE_MAX	72u
#define TG_WIRE_KEY_MAX		128u
#define TG_WIRE_DIGEST_LEN	32u
/* What a Notify of private use, of status, may have as its type (RFC 7296 3.10.1). */
#define TG_WIRE_NOTIFY_MIN	40960u
#define TG_WIRE_NOTIFY_MAX	65535u

struct tg_wire_hdr {
	uint32_t magic;
	uint16_t version;
	uint16_t type;		/* enum tg_wire_type */
	uint32_t seq;		/* of a request; its reply carries the same */
	uint32_t len;		/* octets after this header */
};

struct tg_wire_item {
	uint16_t type;		/* enum tg_wire_item_type */
	uint16_t len;		/* octets after this */
};

enum tg_wire_type {
	/*
	 * First message on a connection: INSTANCE, TEXT (daemon and version).
	 * Replied to. Afterwards the plugin tells of every IKE SA there is, with
	 * FLAG_RESUMED, as if it had just come up. At once it says PING: whatever comes
	 * after this shows that it does what the reply asks for.
	 */
	TG_WIRE_HELLO = 1,
	/*
	 * The peer has passed AUTH: IKE_ID, ROLE, PEER_ID, CERT... (the leaf that
	 * signed AUTH first, then the others as sent), AUTH_KINDS, [SENT],
	 * [OCSP...] (as sent, RFC 4806), [FLAGS]. As responder, unless INTEGRITY_INFO
	 * is off: SPI_I, SPI_R, NI, NR, IDI, AGE, and INTEGRITY if the peer sent one; all
	 * kept since before AUTH was verified, and told only now. As initiator:
	 * [OWN_ID], [OWN_CERT], which our own AUTH was made with, and OWN_KINDS, the
	 * rounds that we completed; with FLAG_DEVID in the reply to HELLO SPI_I, SPI_R,
	 * NI, NR, IDI as well. With FLAG_MORE another round is to follow (RFC
	 * 4739), and this is all told again after it. PEER_ID and OWN_ID are of the
	 * round with the certificate. Replied to; a status other than 0 refuses the
	 * peer.
	 */
	TG_WIRE_AUTHORIZE = 2,
	/*
	 * SPIs of a CHILD_SA, before its outbound SA is used where charon lets
	 * us: IKE_ID, CHILD_ID, CHILD_NAME, PROTOCOL, SPI_IN, SPI_OUT, LOCAL,
	 * REMOTE, REQID, [IF_ID_IN], [IF_ID_OUT], [VIP...], [FLAGS]. Replied to
	 * once the kernel knows them.
	 */
	TG_WIRE_CHILD_KEYS = 3,
	/* The CHILD_SA can carry packets: IKE_ID, CHILD_ID, [VIP...]. No reply. */
	TG_WIRE_CHILD_UP = 4,
	/* IKE_ID, CHILD_ID. No reply. */
	TG_WIRE_CHILD_DOWN = 5,
	/* IKE_ID. No reply. */
	TG_WIRE_IKE_DOWN = 6,
	/* The IKE SA was rekeyed: IKE_ID (old), NEW_IKE_ID. No reply. */
	TG_WIRE_IKE_REKEY = 7,
	/* Heartbeat, every second. Replied to. */
	TG_WIRE_PING = 8,
	/*
	 * As initiator, before the first IKE_AUTH request goes out: IKE_ID, SPI_I,
	 * SPI_R, NI, NR, IDI. Replied to with INTEGRITY, the record to send to the
	 * peer; or a status other than 0, and then none is sent.
	 */
	TG_WIRE_REPORT = 9,
	/*
	 * The peer of an authenticated IKE SA has sent a Notify of one of the types above
	 * in an INFORMATIONAL request: IKE_ID, NOTIFY, DATA. No reply.
	 */
	TG_WIRE_NOTIFIED = 10,
	/*
	 * With FLAG_SIGNS in the reply to HELLO: have the IKE key sign for our AUTH:
	 * [DIGEST]. Replied to with KEY, the key that signs, and, for a digest, SIGNATURE;
	 * or a status other than 0 and why.
	 */
	TG_WIRE_SIGN = 11,
	/*
	 * Agent to plugin: STATUS, [TEXT], [FLAGS]. To HELLO also MODE, NOTIFY and
	 * LIFE, together or not at all, which is off; FLAG_REQUIRED, FLAG_DEVID and
	 * FLAG_SIGNS only there. To REPORT also INTEGRITY; to SIGN KEY and SIGNATURE.
	 */
	TG_WIRE_REPLY = 16,
	/*
	 * Agent to plugin, unasked for, no reply: CERT (a certificate of our own),
	 * LIFE, OCSP...: what to send with it to a peer that asks for OCSP in IKE.
	 * It takes the place of what was told for that certificate before; LIFE 0
	 * and no OCSP withdraw it.
	 */
	TG_WIRE_STAPLE = 17,
	/*
	 * Agent to plugin, unasked for, no reply: IKE_ID, NOTIFY, DATA: have a Notify of
	 * that type sent to the peer in an INFORMATIONAL request of that IKE SA. Nothing
	 * is sent to a peer that did not show our Vendor ID.
	 */
	TG_WIRE_SEND = 18,
};

enum tg_wire_item_type {
	TG_WIRE_INSTANCE = 1,	/* u64, random for each run of the daemon */
	TG_WIRE_TEXT,		/* UTF-8, no NUL, at most 255 octets */
	TG_WIRE_IKE_ID,		/* u32, charon's unique id */
	TG_WIRE_NEW_IKE_ID,	/* u32 */
	TG_WIRE_ROLE,		/* u8: 0 initiator (H(e)NB), 1 responder (SeGW) */
	TG_WIRE_PEER_ID,	/* text, the authenticated identity */
	TG_WIRE_CERT,		/* DER of one certificate, several in order */
	TG_WIRE_AUTH_KINDS,	/* u32, TG_WIRE_AUTH_* of the rounds completed */
	TG_WIRE_CHILD_ID,	/* u32, charon's unique id */
	TG_WIRE_CHILD_NAME,	/* text */
	TG_WIRE_PROTOCOL,	/* u8, IPPROTO_ESP or IPPROTO_AH */
	TG_WIRE_SPI_IN,		/* u32, network byte order */
	TG_WIRE_SPI_OUT,	/* u32, network byte order */
	TG_WIRE_LOCAL,		/* outer address, 4 or 16 octets: daddr of SPI_IN */
	TG_WIRE_REMOTE,		/* outer address, 4 or 16 octets: daddr of SPI_OUT */
	TG_WIRE_REQID,		/* u32 */
	TG_WIRE_IF_ID_IN,	/* u32 */
	TG_WIRE_IF_ID_OUT,	/* u32 */
	TG_WIRE_VIP,		/* inner address of the initiator, 4 or 16 octets */
	TG_WIRE_FLAGS,		/* u32, TG_WIRE_FLAG_* */
	TG_WIRE_STATUS,		/* u32, 0 or an errno */
	TG_WIRE_OCSP,		/* DER of an OCSP response, at most TG_WIRE_OCSP_MAX */
	TG_WIRE_SENT,		/* u32, X.509 certificates in the peer's IKE_AUTH message */
	TG_WIRE_LIFE,		/* u32, ms from now; to HELLO: how long to wait for a record */
	TG_WIRE_SPI_I,		/* the initiator's SPI of the IKE SA, 8 octets as in its header */
	TG_WIRE_SPI_R,		/* the responder's */
	TG_WIRE_NI,		/* data of the last nonce payload of IKE_SA_INIT, each */
	TG_WIRE_NR,
	TG_WIRE_IDI,		/* body of the IDi payload: type, 3 reserved octets, data */
	TG_WIRE_INTEGRITY,	/* INTEGRITY_INFO: data of the Notify */
	TG_WIRE_MODE,		/* u32, enum tg_wire_mode */
	TG_WIRE_NOTIFY,		/* u32, type of the Notify */
	TG_WIRE_AGE,		/* u32, s since the peer's first IKE_AUTH request came */
	TG_WIRE_OWN_ID,		/* text, the identity that we authenticated as */
	TG_WIRE_OWN_CERT,	/* DER of the certificate that we did it with */
	TG_WIRE_OWN_KINDS,	/* u32, TG_WIRE_AUTH_* */
	TG_WIRE_DATA,		/* of a Notify, 1 to TG_WIRE_DATA_MAX octets */
	TG_WIRE_DIGEST,		/* SHA-256 of what is to be signed */
	TG_WIRE_SIGNATURE,	/* ECDSA-Sig-Value, DER */
	TG_WIRE_KEY,		/* SubjectPublicKeyInfo, DER */
	TG_WIRE_ITEM_LAST = TG_WIRE_KEY,
};

/* Is INTEGRITY_INFO sent, and are its Vendor ID and the Notify looked for? */
enum tg_wire_mode {
	TG_WIRE_MODE_OFF,
	TG_WIRE_MODE_AUTO,	/* to a peer that showed the Vendor ID */
	TG_WIRE_MODE_FORCE,	/* to any peer */
	TG_WIRE_MODE_LAST = TG_WIRE_MODE_FORCE,
};

/* Public-key signature AUTH, and EAP-AKA, completed. No other EAP counts: it may have no key
 * of its own, and then AUTH says nothing of who was authenticated.
 */
#define TG_WIRE_AUTH_PUBKEY	0x1u
#define TG_WIRE_AUTH_EAP	0x2u

/* Told again after the connection was made anew; nothing to decide now. */
#define TG_WIRE_FLAG_RESUMED	0x1u
/* The CHILD_SA replaces one of the same IKE SA. */
#define TG_WIRE_FLAG_REKEY	0x2u
/* The peer named a certificate by hash and URL instead of sending it. */
#define TG_WIRE_FLAG_HASH_URL	0x4u
/* An OCSP response was too long, empty, or one too many, and is not told. */
#define TG_WIRE_FLAG_OCSP_CUT	0x8u
/* Refuse every peer that the agent, once gone, does not answer for. */
#define TG_WIRE_FLAG_REQUIRED	0x10u
/* An INTEGRITY_INFO was too long, empty, of a protocol, or not the only one; not told. */
#define TG_WIRE_FLAG_INTEGRITY_CUT	0x20u
/* One round of authentication is done, and another one follows. */
#define TG_WIRE_FLAG_MORE	0x40u
/* Tell of device identifiers, and of an initiator which IKE SA each is. */
#define TG_WIRE_FLAG_DEVID	0x80u
/* The agent signs for our AUTH: see SIGN. */
#define TG_WIRE_FLAG_SIGNS	0x100u

#endif /* TRUSTGATE_WIRE_H */
