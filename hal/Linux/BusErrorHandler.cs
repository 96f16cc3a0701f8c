using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

/// <summary>
/// The machine code of <see cref="BusErrorGuard"/>'s signal handler, for x86-64 and for arm64; position independent but for the address of the
/// guard's table. Both do the same, and both can be built on either machine, so that tests can read them.
/// </summary>
internal static class BusErrorHandler
{
    /// <summary>Where the x86-64 code has the table's address, twice.</summary>
    private const int X64TableOffset = 6;

    private const int X64SecondTableOffset = 113;

    /// <summary>System V x86-64: rdi signal, rsi siginfo, rdx context.</summary>
    private static ReadOnlySpan<byte> X64 =>
    [
        0x48, 0x8B, 0x46, 0x10, // mov rax, [rsi+16]            the address
        0x49, 0xBB, 0, 0, 0, 0, 0, 0, 0, 0, // mov r11, table
        0x49, 0x8B, 0x0B, // mov rcx, [r11]               places left
        0x4D, 0x8D, 0x43, 0x40, // lea r8, [r11+64]             the first
        0x48, 0x85, 0xC9, // next: test rcx, rcx
        0x74, 0x49, // jz other
        0x49, 0x3B, 0x00, // cmp rax, [r8]
        0x72, 0x06, // jb skip
        0x49, 0x3B, 0x40, 0x08, // cmp rax, [r8+8]
        0x72, 0x09, // jb found
        0x49, 0x83, 0xC0, 0x10, // skip: add r8, 16
        0x48, 0xFF, 0xC9, // dec rcx
        0xEB, 0xE7, // jmp next
        0x49, 0xFF, 0x43, 0x08, // found: inc qword [r11+8]     count the repair
        0x48, 0x89, 0xC7, // mov rdi, rax
        0x48, 0x81, 0xE7, 0x00, 0xF0, 0xFF, 0xFF, // and rdi, -4096
        0xBE, 0x00, 0x10, 0x00, 0x00, // mov esi, 4096
        0xBA, 0x03, 0x00, 0x00, 0x00, // mov edx, PROT_READ|PROT_WRITE
        0x41, 0xBA, 0x32, 0x00, 0x00, 0x00, // mov r10d, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS
        0x49, 0xC7, 0xC0, 0xFF, 0xFF, 0xFF, 0xFF, // mov r8, -1
        0x45, 0x31, 0xC9, // xor r9d, r9d
        0xB8, 0x09, 0x00, 0x00, 0x00, // mov eax, mmap
        0x0F, 0x05, // syscall
        0x48, 0x85, 0xC0, // test rax, rax
        0x78, 0x0D, // js default
        0xC3, // ret                          the access is made again
        0x49, 0x8B, 0x43, 0x10, // other: mov rax, [r11+16]     the handler before ours
        0x48, 0x83, 0xF8, 0x01, // cmp rax, 1                   SIG_DFL or SIG_IGN
        0x76, 0x02, // jbe default
        0xFF, 0xE0, // jmp rax
        0x49, 0xBB, 0, 0, 0, 0, 0, 0, 0, 0, // default: mov r11, table
        0xBF, 0x07, 0x00, 0x00, 0x00, // mov edi, SIGBUS
        0x49, 0x8D, 0x73, 0x20, // lea rsi, [r11+32]            the default action
        0x31, 0xD2, // xor edx, edx
        0x41, 0xBA, 0x08, 0x00, 0x00, 0x00, // mov r10d, 8
        0xB8, 0x0D, 0x00, 0x00, 0x00, // mov eax, rt_sigaction
        0x0F, 0x05, // syscall
        0xC3, // ret                          the access is made again, and ends the process
    ];

    /// <summary>AAPCS64: x0 signal, x1 siginfo, x2 context, x30 the way back into the kernel.</summary>
    private static ReadOnlySpan<uint> Arm64 =>
    [
        0xF9400829, // ldr x9, [x1, #16]          the address
        0x580004AA, // ldr x10, table
        0xF940014B, // ldr x11, [x10]             places left
        0x9101014C, // add x12, x10, #64          the first
        0xB40002EB, // next: cbz x11, other
        0xC8DFFD8D, // ldar x13, [x12]            start before end, as they were stored
        0xF940058E, // ldr x14, [x12, #8]
        0x9100418C, // add x12, x12, #16
        0xD100056B, // sub x11, x11, #1
        0xEB0D013F, // cmp x9, x13
        0x54FFFF43, // b.lo next
        0xEB0E013F, // cmp x9, x14
        0x54FFFF02, // b.hs next
        0xF940054D, // ldr x13, [x10, #8]         count the repair
        0x910005AD, // add x13, x13, #1
        0xF900054D, // str x13, [x10, #8]
        0xF9400D41, // ldr x1, [x10, #24]         bytes of a page
        0xCB0103ED, // neg x13, x1
        0x8A0D0120, // and x0, x9, x13
        0x52800062, // mov w2, PROT_READ|PROT_WRITE
        0x52800643, // mov w3, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS
        0x92800004, // mov x4, -1
        0xD2800005, // mov x5, 0
        0x52801BC8, // mov w8, mmap (222)
        0xD4000001, // svc 0
        0xB7F800C0, // tbnz x0, #63, default
        0xD65F03C0, // ret                        the access is made again
        0xF940094D, // other: ldr x13, [x10, #16] the handler before ours
        0xF10005BF, // cmp x13, 1                 SIG_DFL or SIG_IGN
        0x54000049, // b.ls default
        0xD61F01A0, // br x13
        0x528000E0, // default: mov w0, SIGBUS
        0x91008141, // add x1, x10, #32           the default action
        0xD2800002, // mov x2, 0
        0x52800103, // mov w3, 8
        0x528010C8, // mov w8, rt_sigaction (134)
        0xD4000001, // svc 0
        0xD65F03C0, // ret                        the access is made again, and ends the process
        0, 0, // table
    ];

    /// <summary>Room that the longer of the two takes.</summary>
    internal const int LengthMaxBytes = 256;

    /// <summary>Writes the code for a table at this address; the first guard of a process is made on a reactor, so that nothing is allocated.</summary>
    /// <returns>The part of <paramref name="destination"/> that has it.</returns>
    internal static Span<byte> Build(bool arm64, ulong table, Span<byte> destination)
    {
        ReadOnlySpan<byte> template = arm64 ? MemoryMarshal.AsBytes(Arm64) : X64;
        Span<byte> code = destination[..template.Length];
        template.CopyTo(code);
        if (arm64)
        {
            MemoryMarshal.Write(code[^sizeof(ulong)..], table);
        }
        else
        {
            MemoryMarshal.Write(code[X64TableOffset..], table);
            MemoryMarshal.Write(code[X64SecondTableOffset..], table);
        }

        return code;
    }
}
