/** The console's texts. What the agent itself says (advice, notices) comes in English and is shown as it is. */

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
    connecting: 'Connecting…',
    lost: 'Connection lost',
    lostText: 'This is not a live picture. Trying again.',
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
    connecting: '연결 중…',
    lost: '연결 끊김',
    lostText: '실시간 영상이 아닙니다. 다시 연결하는 중입니다.',
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
  },
};

const stored = localStorage.getItem('garim-language');
let language = stored in TEXTS ? stored : navigator.language.startsWith('ko') ? 'ko' : 'en';

/** The text of a key; functions take their values. */
export function text(key, ...values) {
  const entry = TEXTS[language][key];
  return typeof entry === 'function' ? entry(...values) : entry;
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
