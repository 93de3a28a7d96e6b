// One integer texture contains all values of a frame in order, and a tile has the index of its first value.
// So a new step needs one upload for any network, and all maps need one draw call.

export const DATA_WIDTH = 2048;

const VALUES = /* glsl */ `
  precision highp float;
  precision highp int;
  precision highp usampler2D;
  uniform usampler2D data;
  uniform sampler2D layers; // one texel per layer; x: absolute value with full colour, y: lowest, z: highest
  uniform vec3 stops[9];
  uniform vec3 notANumber;
  uniform vec3 absent;
  uniform vec3 accent;
  uniform ivec2 hovered; // layer, tile
  uniform int only; // the only layer that is drawn, or -1 for all
  uniform float finest; // the most samples per pixel in each direction

  uint half16(uint index) {
    return texelFetch(data, ivec2(index % ${DATA_WIDTH}u, index / ${DATA_WIDTH}u), 0).r;
  }
  bool isNumber(uint bits) {
    return (bits & 0x7c00u) != 0x7c00u || (bits & 0x3ffu) == 0u;
  }
  vec3 colourOf(float value, float full) {
    float place = (clamp(value / full, -1.0, 1.0) + 1.0) * 4.0;
    int before = min(int(place), 7);
    return mix(stops[before], stops[before + 1], place - float(before));
  }
`;

/** A map is a quad. Values that are smaller than pixels are averaged, so that the picture does not flicker. */
export const MAP_VERTEX = /* glsl */ `
  precision highp float;
  precision highp int;
  in vec3 position;
  in vec3 place;
  in vec2 size;
  in uvec4 values;
  in uint tile;
  uniform mat4 modelViewMatrix;
  uniform mat4 projectionMatrix;
  out vec2 at;
  flat out uvec4 own;
  flat out uint number;
  void main() {
    at = vec2(position.x + 0.5, 0.5 - position.y);
    own = values;
    number = tile;
    vec3 corner = place + vec3(0.0, position.y * size.y, position.x * size.x);
    gl_Position = projectionMatrix * modelViewMatrix * vec4(corner, 1.0);
  }
`;

export const MAP_FRAGMENT = /* glsl */ `
  ${VALUES}
  in vec2 at;
  flat in uvec4 own;
  flat in uint number;
  out vec4 colour;
  uint indexAt(vec2 texel) {
    uvec2 cell = uvec2(clamp(texel, vec2(0.0), vec2(own.yz) - 1.0));
    return own.x + cell.y * own.y + cell.x;
  }
  void main() {
    if (only >= 0 && only != int(own.w)) discard;
    float full = texelFetch(layers, ivec2(int(own.w), 0), 0).x;
    vec2 texel = at * vec2(own.yz);
    vec2 across = vec2(length(vec2(dFdx(texel.x), dFdy(texel.x))), length(vec2(dFdx(texel.y), dFdy(texel.y))));
    ivec2 samples = ivec2(clamp(ceil(across), 1.0, finest));
    vec2 edge = min(at, 1.0 - at) / fwidth(at);
    float sum = 0.0;
    int numbers = 0;
    bool odd = false;
    for (int y = 0; y < samples.y; y++)
      for (int x = 0; x < samples.x; x++) {
        vec2 off = (vec2(x, y) + 0.5) / vec2(samples) - 0.5;
        uint bits = half16(indexAt(texel + off * across));
        if (bits == 0xffffu) continue;
        if (isNumber(bits)) {
          // Without the limit, one infinite value would make the whole mean infinite.
          sum += clamp(unpackHalf2x16(bits).x, -65504.0, 65504.0);
          numbers++;
        } else odd = true; // a single NaN among the samples is shown
      }
    vec3 found = odd ? notANumber : numbers == 0 ? absent : colourOf(sum / float(numbers), full);
    bool marked = hovered == ivec2(int(own.w), int(number)) && min(edge.x, edge.y) < 2.0;
    colour = vec4(marked ? accent : found, 1.0);
  }
`;

/** The input image: its planes are grey, or red, green and blue, between its lowest and highest value. */
export const IMAGE_FRAGMENT = /* glsl */ `
  ${VALUES}
  uniform uint planes;
  in vec2 at;
  flat in uvec4 own;
  flat in uint number;
  out vec4 colour;
  void main() {
    if (only >= 0 && only != int(own.w)) discard;
    vec3 range = texelFetch(layers, ivec2(int(own.w), 0), 0).xyz;
    uvec2 cell = uvec2(clamp(at * vec2(own.yz), vec2(0.0), vec2(own.yz) - 1.0));
    uint index = own.x + cell.y * own.y + cell.x;
    vec3 found = vec3(0.0);
    for (uint plane = 0u; plane < 3u; plane++) {
      uint bits = half16(index + (planes >= 3u ? plane : 0u) * own.y * own.z);
      if (bits == 0xffffu) { colour = vec4(absent, 1.0); return; }
      if (!isNumber(bits)) { colour = vec4(notANumber, 1.0); return; }
      found[plane] = (unpackHalf2x16(bits).x - range.y) / max(range.z - range.y, 1e-12);
    }
    colour = vec4(clamp(found, 0.0, 1.0), 1.0);
  }
`;

/** A unit is a cube; the larger the absolute value, the thicker it is. */
export const UNIT_VERTEX = /* glsl */ `
  ${VALUES}
  in vec3 position;
  in vec3 normal;
  in vec3 place;
  in vec2 size;
  in uvec4 values;
  in uint tile;
  uniform mat4 modelViewMatrix;
  uniform mat4 projectionMatrix;
  flat out vec3 tint;
  void main() {
    float full = texelFetch(layers, ivec2(int(values.w), 0), 0).x;
    uint bits = half16(values.x);
    float value = bits == 0xffffu || !isNumber(bits) ? 0.0 : unpackHalf2x16(bits).x;
    float share = clamp(abs(value) / full, 0.0, 1.0);
    float thick = size.x * (0.25 + 1.25 * share);
    vec3 corner = place + vec3((position.x - 0.5) * thick, position.y * size.y, position.z * size.x);
    float light = 0.62 + 0.38 * clamp(dot(normal, vec3(-0.85, 0.35, 0.25)), 0.0, 1.0);
    tint = bits == 0xffffu ? absent : isNumber(bits) ? colourOf(value, full) : notANumber;
    tint *= light;
    if (hovered == ivec2(int(values.w), int(tile))) tint = mix(tint, accent, 0.6);
    gl_Position = projectionMatrix * modelViewMatrix * vec4(corner, 1.0);
    // Move the vertex beyond the far plane, so that it is not drawn.
    if (only >= 0 && only != int(values.w)) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);
  }
`;

export const UNIT_FRAGMENT = /* glsl */ `
  precision highp float;
  flat in vec3 tint;
  out vec4 colour;
  void main() {
    colour = vec4(tint, 1.0);
  }
`;
