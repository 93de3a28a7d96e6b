for (const slider of document.querySelectorAll('input[data-frames]')) {
  const frames = document.getElementById(slider.dataset.frames).children;
  slider.addEventListener('input', () => {
    for (let i = 0; i < frames.length; i++) frames[i].classList.toggle('shown', i === Number(slider.value));
  });
}
