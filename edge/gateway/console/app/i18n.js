/**
 * The console's texts. Codes of the agent (reasons, states) are keys here like any other; what it says in sentences (advice, notices)
 * comes in English and is shown as it is.
 */

const TEXTS = {
  en: {
    skipToCameras: 'Skip to cameras',
    simplePlayer: 'Simple player',
    logOut: 'Log out',
    noCameras: 'No camera is set up. Start Garim with --camera NAME=URL.',
    snapshot: 'Snapshot',
    copyRtsp: 'Copy RTSP address',
    copied: 'Copied',
    details: 'Details',
    allLive: 'All cameras live',
    someNotLive: (n) => `${n} not live`,
    boxLost: 'No connection to the box',
    sensorConnecting: 'connecting',
    sensorConnected: 'connected',
    sensorLost: 'lost',
    sensorEnded: 'ended',
    released: (time) => `released up to ${time}`,
    nothingReleased: 'nothing released yet',
    connecting: 'Connecting…',
    lost: 'Connection lost',
    lostText: 'This is not a live picture. Trying again.',
    choosePurpose: 'What for? Choose above.',
    choosePurposeText: 'Each pull is on record with its purpose.',
    purpose: 'Purpose',
    nothingAgreed: 'No agreement lets you pull this',
    nothingAgreedText: 'Ask the operator of the box (use.agreements).',
    useRecord: 'What was taken, and who used it?',
    presence: 'Presence code',
    notPlayable: 'This browser can’t play the feed',
    previewMissing: 'Install ffmpeg on the box for the simple player.',
    live: 'Live, filtered',
    covered: 'Covered whole',
    slate: 'No picture',
    starting: 'Starting',
    coveredNow: 'Covered now',
    nothingCovered: 'Nothing to cover now',
    wholePicture: 'The whole picture is covered',
    noPicture: 'The camera gives no picture',
    face: 'faces',
    plate: 'plates',
    person: 'people',
    vehicle: 'vehicles',
    mask: 'masks',
    source: 'Camera',
    picture: 'Picture',
    detector: 'Detector',
    encoder: 'Encoder',
    coveredWhole: 'Covered whole',
    dropped: 'Dropped',
    frames: 'Frames',
    delayLine: 'Delay line',
    none: 'none',
    inOut: (i, o) => `${i} in, ${o} out`,
    cadence: (ms, n) => `${ms} ms, ${n === 1 ? 'every frame' : `every ${n} frames`}`,
    reconnects: (n) => `reconnected ${n} ×`,
    framesCount: (n) => `${n} frames`,
    about: (version, days) => `Garim ${version}, up ${days}`,
    ready: 'ready',
    unavailable: 'not available',
    'model-missing': 'no model finds all that must be covered',
    'detector-unavailable': 'the detector does not answer',
    'verdict-late': 'the detector was too slow',
    'unsupported-format': 'this kind of picture can’t be covered in parts',
    'no-evidence': 'what leaves can’t be put on record',
    'internal-error': 'a fault of the filter itself',
    'source-connecting': 'the camera is being connected',
    'source-lost': 'the camera does not answer',
    'source-unauthorised': 'the camera refuses the user or the password',
    'source-undecodable': 'what the camera sends can’t be decoded',
    'camera-process-lost': 'the filter of this camera stopped and is started again',
    overload: 'box too slow',
    'channel-full': 'agent too slow',
    'decode-error': 'can’t be decoded',
    stopped: 'stopped',
    'clock-jump': 'clock jumped',
  },
  ko: {
    skipToCameras: '카메라로 건너뛰기',
    simplePlayer: '간단 재생',
    logOut: '로그아웃',
    noCameras: '설정된 카메라가 없습니다. --camera 이름=URL 로 시작하세요.',
    snapshot: '스냅샷',
    copyRtsp: 'RTSP 주소 복사',
    copied: '복사됨',
    details: '자세히',
    allLive: '모든 카메라 정상',
    someNotLive: (n) => `${n}대 비정상`,
    boxLost: '장치와 연결이 끊겼습니다',
    sensorConnecting: '연결 중',
    sensorConnected: '연결됨',
    sensorLost: '연결 끊김',
    sensorEnded: '종료됨',
    released: (time) => `${time}까지 공개`,
    nothingReleased: '아직 공개된 자료 없음',
    connecting: '연결 중…',
    lost: '연결 끊김',
    lostText: '실시간 영상이 아닙니다. 다시 연결하는 중입니다.',
    choosePurpose: '이용 목적을 위에서 고르십시오.',
    choosePurposeText: '모든 이용은 목적과 함께 기록됩니다.',
    purpose: '이용 목적',
    nothingAgreed: '이용을 허용하는 협약이 없습니다',
    nothingAgreedText: '운영자에게 문의하십시오(use.agreements).',
    useRecord: '수집과 이용 기록',
    presence: '현장 코드',
    notPlayable: '이 브라우저에서 재생할 수 없습니다',
    previewMissing: '간단 재생에는 장치에 ffmpeg가 필요합니다.',
    live: '실시간, 가림 처리됨',
    covered: '전체 가림',
    slate: '영상 없음',
    starting: '시작 중',
    coveredNow: '지금 가려진 것',
    nothingCovered: '지금 가릴 것이 없음',
    wholePicture: '화면 전체를 가렸습니다',
    noPicture: '카메라 영상이 없습니다',
    face: '얼굴',
    plate: '번호판',
    person: '사람',
    vehicle: '차량',
    mask: '고정 가림',
    source: '카메라',
    picture: '영상',
    detector: '검출기',
    encoder: '인코더',
    coveredWhole: '전체 가림',
    dropped: '버려짐',
    frames: '프레임',
    delayLine: '지연 버퍼',
    none: '없음',
    inOut: (i, o) => `입력 ${i}, 출력 ${o}`,
    cadence: (ms, n) => `${ms} ms, ${n === 1 ? '매 프레임' : `${n}프레임마다`}`,
    reconnects: (n) => `재연결 ${n}회`,
    framesCount: (n) => `${n}프레임`,
    about: (version, days) => `Garim ${version}, 가동 ${days}`,
    ready: '준비됨',
    unavailable: '사용할 수 없음',
    'model-missing': '가려야 할 것을 모두 찾는 모델이 없습니다',
    'detector-unavailable': '검출기가 응답하지 않습니다',
    'verdict-late': '검출이 늦었습니다',
    'unsupported-format': '일부만 가릴 수 없는 영상 형식입니다',
    'no-evidence': '내보내는 내용을 기록할 수 없습니다',
    'internal-error': '필터 자체의 오류입니다',
    'source-connecting': '카메라에 연결하는 중입니다',
    'source-lost': '카메라가 응답하지 않습니다',
    'source-unauthorised': '카메라가 사용자 이름이나 비밀번호를 거부합니다',
    'source-undecodable': '카메라가 보내는 영상을 해독할 수 없습니다',
    'camera-process-lost': '이 카메라의 필터가 멈춰 다시 시작하는 중입니다',
    overload: '장치 과부하',
    'channel-full': '전송 지연',
    'decode-error': '해독 오류',
    stopped: '중지됨',
    'clock-jump': '시각 변경',
  },
};

const stored = localStorage.getItem('garim-language');
let language = stored in TEXTS ? stored : navigator.language.startsWith('ko') ? 'ko' : 'en';

/** The text of a key; functions take their values. */
export function text(key, ...values) {
  const entry = TEXTS[language][key];
  return typeof entry === 'function' ? entry(...values) : entry;
}

/** The words for a code of the agent; the code itself where an agent of another version has a new one. */
export function word(code) {
  return text(code) ?? code;
}

export function currentLanguage() {
  return language;
}

export function otherLanguage() {
  return language === 'en' ? { code: 'ko', name: '한국어' } : { code: 'en', name: 'English' };
}

/** Switches the page, everything marked with `data-text`, and remembers the choice. */
export function setLanguage(code, root = document) {
  language = code;
  localStorage.setItem('garim-language', code);
  applyTexts(root);
}

export function applyTexts(root) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll('[data-text]')) element.textContent = text(element.dataset.text);
}
