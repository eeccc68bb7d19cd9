/** Which of libav's muxers reaches a target, by the scheme of its URL. */
export interface Target {
  muxer: 'rtsp' | 'mpegts' | 'flv' | 'whip';
  /** As libav wants it. */
  url: string;
}

/** Undefined for a scheme that the configuration does not allow either. */
export function targetOf(url: string): Target | undefined {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/is.exec(url) ?? [];
  switch (scheme.toLowerCase()) {
    case 'rtsp':
    case 'rtsps':
      return { muxer: 'rtsp', url };
    case 'srt':
      return { muxer: 'mpegts', url };
    case 'rtmp':
    case 'rtmps':
      return { muxer: 'flv', url };
    case 'whip':
    case 'http':
      return { muxer: 'whip', url: `http://${rest}` };
    case 'whips':
    case 'https':
      return { muxer: 'whip', url: `https://${rest}` };
    default:
      return undefined;
  }
}
