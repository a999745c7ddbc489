import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** As much CBOR as an attestation needs. */
function cbor(value: number | string | Buffer | Map<number | string, unknown>): Buffer {
  const head = (major: number, length: number) =>
    length < 24
      ? Buffer.from([(major << 5) | length])
      : length < 256
        ? Buffer.from([(major << 5) | 24, length])
        : Buffer.from([(major << 5) | 25, length >> 8, length & 255])
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  const entries = [...value].flatMap(([key, one]) => [cbor(key), cbor(one as Buffer)])
  return Buffer.concat([head(5, value.size), ...entries])
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
const present = 0x01
const verified = 0x04
const attested = 0x40

interface Kept {
  privateKey: KeyObject
  userHandle: string
  uses: number
}

interface Choices {
  /** what the browser says where it is; default: the site */
  origin?: string
  /** the host that the device is asked for; default: the site's */
  rpId?: string
  /** false: touched, but no PIN or finger */
  verifies?: boolean
  /** the signature counter, instead of one more than last time */
  uses?: number
}

/** A device and its browser, in software: keeps P-256 keys and answers the page's script as navigator.credentials would. */
export class SoftwareAuthenticator {
  readonly #keys = new Map<string, Kept>()
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  /** The device as somebody would have it who had copied its keys at this moment. */
  copy(): SoftwareAuthenticator {
    const copy = new SoftwareAuthenticator(this.#origin)
    for (const [id, kept] of this.#keys) copy.#keys.set(id, { ...kept })
    return copy
  }

  /** navigator.credentials.create(…).toJSON(), as text. */
  create(optionsJson: string, choices: Choices = {}): string {
    const options = JSON.parse(optionsJson) as { challenge: string; rp: { id: string }; user: { id: string } }
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const id = randomBytes(32)
    this.#keys.set(id.toString('base64url'), { privateKey, userHandle: options.user.id, uses: 0 })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const cose = cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    )
    const length = Buffer.from([0, id.length])
    const authData = Buffer.concat([this.#head(choices.rpId ?? options.rp.id, attested, 0, choices), Buffer.alloc(16), length, id, cose])
    const attestationObject = cbor(
      new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]),
    )
    return answer(id.toString('base64url'), {
      clientDataJSON: this.#clientData('webauthn.create', options.challenge, choices).toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal'],
    })
  }

  /** navigator.credentials.get(…).toJSON(), as text, with a key that the page allows or, where it names none, the first. */
  get(optionsJson: string, choices: Choices = {}): string {
    const options = JSON.parse(optionsJson) as { challenge: string; rpId: string; allowCredentials?: { id: string }[] }
    const ids = options.allowCredentials?.map(({ id }) => id) ?? [...this.#keys.keys()]
    const id = ids.find((one) => this.#keys.has(one))
    const kept = id && this.#keys.get(id)
    if (!id || !kept) throw new Error('This device keeps no passkey that the page allows.')
    kept.uses = choices.uses ?? kept.uses + 1
    const authenticatorData = this.#head(choices.rpId ?? options.rpId, 0, kept.uses, choices)
    const clientData = this.#clientData('webauthn.get', options.challenge, choices)
    const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), kept.privateKey)
    return answer(id, {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: kept.userHandle,
    })
  }

  #head(rpId: string, flags: number, uses: number, { verifies = true }: Choices): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(uses)
    return Buffer.concat([sha256(rpId), Buffer.from([present | flags | (verifies ? verified : 0)]), counter])
  }

  #clientData(type: string, challenge: string, { origin = this.#origin }: Choices): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  }
}

function answer(id: string, response: Record<string, unknown>): string {
  return JSON.stringify({ id, rawId: id, type: 'public-key', authenticatorAttachment: 'platform', clientExtensionResults: {}, response })
}
