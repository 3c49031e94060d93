/** Two-factor sign-in: a form shows its field `otp` once the server has asked for the code. */

const ASKING = ["otp_required", "otp_invalid"];

/** After a refusal with this code; after a success without one. */
export function askForOtp(form, code) {
  const { otp } = form.elements;
  otp.required = ASKING.includes(code);
  otp.closest("[data-otp]").hidden = !otp.required;
  otp.value = "";
  if (otp.required) otp.focus();
}
