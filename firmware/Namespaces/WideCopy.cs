using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// Copies of 256 bits at a time, as x86-64 machine code that is called where the processor has AVX2: ahead of time, the compiler can use such
/// instructions only in a binary that starts on no other processor.
/// </summary>
/// <remarks>Ordinary memory, ranges that do not overlap, multiples of <see cref="StepBytes"/>. Does not decide when a copy pays; <see cref="BulkCopy"/> does.</remarks>
internal static unsafe class WideCopy
{
    /// <summary>What lengths are multiples of.</summary>
    internal const nuint StepBytes = 128;

    /// <summary>What the destination of <see cref="Stream"/> is a multiple of.</summary>
    internal const nuint StreamAlignmentBytes = 32;

    private const int SlotBytes = 64;
    private const int ExtendedStateLeaf = 1;
    private const int FeaturesLeaf = 7;
    private const int HasExtendedState = 1 << 27; // CPUID.1:ECX.OSXSAVE: XGETBV is there
    private const int HasAvx2 = 1 << 5; // CPUID.7:EBX
    private const ulong VectorState = 6; // XCR0: the system saves XMM and YMM registers

    private static nint s_code;

    /// <summary>
    /// The routines, <see cref="SlotBytes"/> apart; arguments in RDI, RSI and RDX (System V). Registers that a caller keeps are not touched.
    /// </summary>
    internal static ReadOnlySpan<byte> Code =>
    [
        // Copy, (to, from, bytes): four loads, four stores, and on.
        0xC5, 0xFE, 0x6F, 0x06,       // next: vmovdqu ymm0, [rsi]
        0xC5, 0xFE, 0x6F, 0x4E, 0x20, // vmovdqu ymm1, [rsi+32]
        0xC5, 0xFE, 0x6F, 0x56, 0x40, // vmovdqu ymm2, [rsi+64]
        0xC5, 0xFE, 0x6F, 0x5E, 0x60, // vmovdqu ymm3, [rsi+96]
        0xC5, 0xFE, 0x7F, 0x07,       // vmovdqu [rdi], ymm0
        0xC5, 0xFE, 0x7F, 0x4F, 0x20, // vmovdqu [rdi+32], ymm1
        0xC5, 0xFE, 0x7F, 0x57, 0x40, // vmovdqu [rdi+64], ymm2
        0xC5, 0xFE, 0x7F, 0x5F, 0x60, // vmovdqu [rdi+96], ymm3
        0x48, 0x83, 0xEE, 0x80,       // sub rsi, -128
        0x48, 0x83, 0xEF, 0x80,       // sub rdi, -128
        0x48, 0x83, 0xC2, 0x80,       // add rdx, -128
        0x75, 0xCC,                   // jnz next
        0xC5, 0xF8, 0x77,             // vzeroupper
        0xC3,                         // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,

        // Stream, (to, from, bytes): the same past the caches.
        0xC5, 0xFE, 0x6F, 0x06,       // next: vmovdqu ymm0, [rsi]
        0xC5, 0xFE, 0x6F, 0x4E, 0x20, // vmovdqu ymm1, [rsi+32]
        0xC5, 0xFE, 0x6F, 0x56, 0x40, // vmovdqu ymm2, [rsi+64]
        0xC5, 0xFE, 0x6F, 0x5E, 0x60, // vmovdqu ymm3, [rsi+96]
        0xC5, 0xFD, 0xE7, 0x07,       // vmovntdq [rdi], ymm0
        0xC5, 0xFD, 0xE7, 0x4F, 0x20, // vmovntdq [rdi+32], ymm1
        0xC5, 0xFD, 0xE7, 0x57, 0x40, // vmovntdq [rdi+64], ymm2
        0xC5, 0xFD, 0xE7, 0x5F, 0x60, // vmovntdq [rdi+96], ymm3
        0x48, 0x83, 0xEE, 0x80,       // sub rsi, -128
        0x48, 0x83, 0xEF, 0x80,       // sub rdi, -128
        0x48, 0x83, 0xC2, 0x80,       // add rdx, -128
        0x75, 0xCC,                   // jnz next
        0xC5, 0xF8, 0x77,             // vzeroupper
        0xC3,                         // ret
        0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC,

        // XCR0, (): the low half is all that is looked at.
        0x31, 0xC9,                   // xor ecx, ecx
        0x0F, 0x01, 0xD0,             // xgetbv
        0xC3,                         // ret
    ];

    /// <summary>Whether <see cref="Copy"/> and <see cref="Stream"/> may be called, as of the last <see cref="Install"/>.</summary>
    internal static bool IsInstalled
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => s_code != 0;
    }

    /// <summary>
    /// Maps the routines where the processor and the system have what they need; before the reactor's loop. Without them copies are slower, and
    /// that is all.
    /// </summary>
    internal static void Install()
    {
        if (s_code != 0 || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !X86Base.IsSupported
            || (X86Base.CpuId(ExtendedStateLeaf, 0).Ecx & HasExtendedState) == 0
            || X86Base.CpuId(0, 0).Eax < FeaturesLeaf
            || (X86Base.CpuId(FeaturesLeaf, 0).Ebx & HasAvx2) == 0
            || ExecutableCode.Map(Code, out void* code) < 0)
        {
            return;
        }

        ulong state = ((delegate* unmanaged[SuppressGCTransition]<ulong>)((byte*)code + (2 * SlotBytes)))();
        s_code = (state & VectorState) == VectorState ? (nint)code : 0;
    }

    /// <summary>Copies <paramref name="lengthBytes"/>, a multiple of <see cref="StepBytes"/> and not 0; only where <see cref="IsInstalled"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Copy(byte* destination, byte* source, nuint lengthBytes) =>
        ((delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nuint, void>)s_code)(destination, source, lengthBytes);

    /// <summary>
    /// The same past the caches, to a destination that is a multiple of <see cref="StreamAlignmentBytes"/>. Such stores are in no order with others for
    /// other cores: <see cref="BulkCopy.Fence"/> makes one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Stream(byte* destination, byte* source, nuint lengthBytes) =>
        ((delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nuint, void>)(s_code + SlotBytes))(destination, source, lengthBytes);
}
