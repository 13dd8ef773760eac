// One WebTorrent client as a process: seeds or fetches one torrent until it is ended.
//
// Everything but TCP is off, and trackers unless asked for. Lines on stdout: `listening on ADDR:PORT`, then `done` once the torrent is complete.

import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values: args } = parseArgs({
  options: {
    modules: { type: 'string' },
    torrent: { type: 'string' },
    folder: { type: 'string' },
    secure: { type: 'string' },
    seed: { type: 'boolean', default: false },
    announce: { type: 'boolean', default: false },
    dial: { type: 'string' }
  }
})

// WebRTC needs a native module, which the package would download when it is installed. TCP does not need it.
const nothing = 'export class RTCPeerConnection {}; export class RTCSessionDescription {}; export class RTCIceCandidate {}'
const hook = `export async function resolve (name, context, next) {
  if (name !== 'webrtc-polyfill') return next(name, context)
  return { url: ${JSON.stringify('data:text/javascript,' + encodeURIComponent(nothing))}, shortCircuit: true }
}`
register('data:text/javascript,' + encodeURIComponent(hook))

const { default: WebTorrent } = await import(pathToFileURL(join(args.modules, 'webtorrent', 'index.js')))

const client = new WebTorrent({
  secure: Number(args.secure),
  tracker: args.announce,
  dht: false,
  lsd: false,
  utp: false,
  utPex: false,
  natUpnp: false,
  natPmp: false
})
client.on('error', error => console.error(`client: ${error.message}`))
const torrent = client.add(readFileSync(args.torrent), { path: args.folder, skipVerify: args.seed })
torrent.on('error', error => console.error(`torrent: ${error.message}`))
torrent.on('warning', error => console.error(`torrent: ${error}`))
torrent.on('wire', (_, address) => console.error(`wire: ${address}`))

await new Promise(resolve => torrent.on('ready', resolve))
await new Promise(resolve => client.listening ? resolve() : client.on('listening', resolve))
console.log(`listening on 127.0.0.1:${client.torrentPort}`)
torrent.once('done', () => console.log('done'))
if (torrent.done) console.log('done')
if (args.dial) torrent.addPeer(args.dial)
