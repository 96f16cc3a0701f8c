using System.Diagnostics;
using System.Linq;
using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.Mmio;
using Xunit;

namespace Nvmepf.Tests.Arm64;

/// <summary>A test that needs the disassembler of Debian's binutils-aarch64-linux-gnu; skipped, and counted so, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DisassemblerFactAttribute : FactAttribute
{
    /// <summary>The program, looked for on the PATH.</summary>
    public const string Program = "aarch64-linux-gnu-objdump";

    /// <summary>Creates the attribute.</summary>
    public DisassemblerFactAttribute()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, Program))))
        {
            Skip = $"{Program} is not installed (apt-get install binutils-aarch64-linux-gnu): nobody else has read the machine code";
        }
    }
}

/// <summary>The machine code as a disassembler reads it, instruction by instruction.</summary>
public sealed class DisassemblyTests
{
    private const string DataPlaceholder = "udf #0";

    [DisassemblerFact]
    public void The_barriers_and_cache_loops_are_what_they_say()
    {
        string[] lines = Disassemble(MemoryMarshal.AsBytes(Arm64Code.Words));

        Assert.Equal(["dsb st", "ret"], Slot(lines, Arm64Routine.BeforeDoorbell));
        Assert.Equal(["dmb oshld", "ret"], Slot(lines, Arm64Routine.AfterStatus));
        Assert.Equal(["dmb osh", "ret"], Slot(lines, Arm64Routine.BetweenStoreAndLoad));
        Assert.Equal(["dsb sy", "ret"], Slot(lines, Arm64Routine.Full));
        Assert.Equal(["dc cvac, x0", "add x0, x0, x2", "cmp x0, x1", "b.cc 0x80", "ret"], Slot(lines, Arm64Routine.Clean));
        Assert.Equal(["dc civac, x0", "add x0, x0, x2", "cmp x0, x1", "b.cc 0xa0", "ret"], Slot(lines, Arm64Routine.CleanAndInvalidate));
        Assert.Equal(["mrs x0, ctr_el0", "ret"], Slot(lines, Arm64Routine.ReadCacheType));
    }

    [DisassemblerFact]
    public void The_signal_handler_looks_up_maps_and_falls_back()
    {
        string[] expected =
        [
            "ldr x9, [x1, #16]", "ldr x10, 0x98", "ldr x11, [x10]", "add x12, x10, #0x40",
            "cbz x11, 0x6c", "ldar x13, [x12]", "ldr x14, [x12, #8]", "add x12, x12, #0x10", "sub x11, x11, #0x1",
            "cmp x9, x13", "b.cc 0x10", "cmp x9, x14", "b.cs 0x10",
            "ldr x13, [x10, #8]", "add x13, x13, #0x1", "str x13, [x10, #8]",
            "ldr x1, [x10, #24]", "neg x13, x1", "and x0, x9, x13", "mov w2, #0x3", "mov w3, #0x32",
            "mov x4, #0xffffffffffffffff", "mov x5, #0x0", "mov w8, #0xde", "svc #0x0", "tbnz x0, #63, 0x7c", "ret",
            "ldr x13, [x10, #16]", "cmp x13, #0x1", "b.ls 0x7c", "br x13",
            "mov w0, #0x7", "add x1, x10, #0x20", "mov x2, #0x0", "mov w3, #0x8", "mov w8, #0x86", "svc #0x0", "ret",
            DataPlaceholder, DataPlaceholder,
        ];

        Assert.Equal(expected, Disassemble(BusErrorHandler.Build(arm64: true, 0, new byte[BusErrorHandler.LengthMaxBytes])));
    }

    private static string[] Slot(string[] lines, Arm64Routine routine)
    {
        const int Words = Arm64Code.SlotBytes / sizeof(uint);
        string[] slot = lines[((int)routine * Words)..(((int)routine + 1) * Words)];
        int used = Array.IndexOf(slot, "brk #0x0");
        Assert.All(slot[used..], line => Assert.Equal("brk #0x0", line));
        return slot[..used];
    }

    /// <summary>One line for each word: mnemonic, operands, no comment.</summary>
    private static string[] Disassemble(ReadOnlySpan<byte> code)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, code.ToArray());
            ProcessStartInfo start = new(DisassemblerFactAttribute.Program)
            {
                ArgumentList = { "-D", "-z", "-b", "binary", "-m", "aarch64", "--no-show-raw-insn", file },
                RedirectStandardOutput = true,
            };
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            return [.. output.Split('\n').Where(IsInstruction).Select(Clean)];
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static bool IsInstruction(string line) =>
        line.StartsWith("  ", StringComparison.Ordinal) && line.Contains(":\t", StringComparison.Ordinal);

    private static string Clean(string line)
    {
        string text = line[(line.IndexOf(":\t", StringComparison.Ordinal) + 2)..];
        int comment = text.IndexOf("//", StringComparison.Ordinal);
        return (comment < 0 ? text : text[..comment]).Replace('\t', ' ').Trim();
    }
}
