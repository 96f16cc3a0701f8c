using System.Linq;
using Nvmepf.Arm64Check;
using Xunit;

namespace Nvmepf.Tests.Arm64;

/// <summary>The check's reader and its rules on small texts, each of which breaks one rule or none.</summary>
public sealed class ReadingTests
{
    private const string Statics = "__NONGCSTATICSNvmepf_Hal_Nvmepf_Hal_Mmio_Arm64Code";

    [Fact]
    public void Functions_branches_and_relocations_are_read()
    {
        ObjectText code = Parse("""
            Disassembly of section __managedcode:

            0000000000000010 <Outer<Inner__Int32>__Run>:
                  10:|stp|x29, x30, [sp, #-16]!
                  14:|bl|30 <Other<Int32>__Go>
                  18:|cbz|w0, 20 <Outer<Inner__Int32>__Run+0x10>
                  1c:|bl|0 <wrong>
            |||1c: R_AARCH64_CALL26|RhpNewFast
                  20:|mov|w0, #0x1                   |// #1
                  24:|b.eq|10 <Outer<Inner__Int32>__Run>  // b.none
                  28:|udf|#288

            0000000000000030 <Other<Int32>__Go>:
                  30:|ret
            """);

        Assert.Equal(["Other<Int32>__Go", "Outer<Inner__Int32>__Run"], code.Functions.Keys.Order(StringComparer.Ordinal));
        IReadOnlyList<Instruction> run = code.Functions["Outer<Inner__Int32>__Run"].Instructions;
        Assert.Equal(["stp", "bl", "cbz", "bl", "mov", "b.eq", "udf"], run.Select(instruction => instruction.Mnemonic));
        Assert.Equal("Other<Int32>__Go", run[1].Symbol);
        Assert.Equal("", run[2].Symbol);
        Assert.Equal(0x20ul, run[2].Target);
        Assert.Equal("RhpNewFast", run[3].Symbol);
        Assert.Equal("CALL26", run[3].Relocation);
        Assert.Equal(["w0", "#0x1"], run[4].Parts);
        Assert.Equal(["x29", "x30", "[sp, #-16]!"], run[0].Parts);
    }

    [Fact]
    public void Method_tables_and_second_names_are_read()
    {
        ObjectText code = Parse(
            "Disassembly of section .text:\n\n0000000000000000 <Real>:\n   0:\tret\n",
            "0000000000000000 g     F .text\t0000000000000000 .hidden Alias\n0000000000000100 g       .data\t0000000000000000 .hidden _ZTV7Backend\n",
            "0000000000000130 R_AARCH64_ABS64   Alias\n0000000000000138 R_AARCH64_PREL32  Alias\n");

        Assert.Equal("Real", code.FindFunction("Alias")!.Name);
        Assert.Equal(["Backend"], code.Types);
        Assert.Equal("Real", code.Slot("Backend", 0x30)!.Name);
        Assert.Null(code.Slot("Backend", 0x38));
        Assert.Null(code.FindFunction("Nothing"));
    }

    [Theory]
    [InlineData("str\tw1, [x0, #8]", null)]
    [InlineData("ldr\tx1, [x0, #8]", null)]
    [InlineData("stp\tx1, x2, [x9]", null)] // not the device's pointer
    [InlineData("stp\tx1, x2, [sp, #16]", null)]
    [InlineData("stp\tw1, w2, [x0]", "no single load or store")]
    [InlineData("ldp\tw1, w2, [x0, #16]", "no single load or store")]
    [InlineData("strb\tw1, [x0]", "no single load or store")]
    [InlineData("ldrh\tw1, [x0]", "no single load or store")]
    [InlineData("str\tq1, [x0]", "vector")]
    [InlineData("st1\t{v0.16b}, [x0]", "no single load or store")]
    [InlineData("stur\tw1, [x0, #6]", "not aligned")]
    [InlineData("str\tx1, [x0, #4]", "not aligned")]
    [InlineData("ldxr\tw1, [x0]", "no single load or store")]
    [InlineData("dc\tzva, x0", "cache line")]
    [InlineData("bl\t0 <RhSpanHelpers_MemCopy>", "copies by any width")]
    public void An_access_by_a_devices_pointer_is_one_aligned_load_or_store(string instruction, string? complaint)
    {
        List<Finding> findings = JudgeAccess(Function("Device__Run", "stlr\tw1, [x0]", instruction, "ret"));

        Assert.Equal(complaint is null ? 0 : 1, findings.Count);
        Assert.All(findings, finding => Assert.Contains(complaint!, finding.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_devices_pointer_is_followed_through_copies_the_stack_and_loops()
    {
        string code = Function(
            "Device__Run",
            "mov\tx29, sp",
            "str\tx0, [x29, #24]",
            "bl\t200 <Other>",
            "ldr\tx19, [x29, #24]",
            "add\tx20, x19, #0x8",
            "mov\tx21, x20",
            "stlr\tw1, [x21]",
            "add\tx19, x19, #0x4",
            "cbnz\tw2, 114 <Device__Run+0x14>",
            "stp\tw1, w2, [x19]",
            "ret");

        Assert.Contains("stp w1, w2, [x19]", Assert.Single(JudgeAccess(code)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_excuses_and_has_to_be_needed()
    {
        string merged = Function("Device__Run", "stp\tw1, w2, [x0]", "stlr\tw1, [x0]", "ret");
        AccessException exception = new(new("Device__Run$"), "ordinary memory");

        Assert.Empty(JudgeAccess(merged, exception));
        string fine = Function("Device__Run", "stlr\tw1, [x0]", "ret");
        Assert.Contains("excuses nothing", Assert.Single(JudgeAccess(fine, exception)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bl\t200 <Harmless>", null)]
    [InlineData("bl\t0 <RhpNewFast>", "calls RhpNewFast")]
    [InlineData("b\t0 <RhpNewArray>", "calls RhpNewArray")]
    [InlineData("bl\t300 <Allocates>", "calls RhpNewFast")]
    [InlineData("blr\tx3", "cannot be followed")]
    [InlineData("br\tx3", "cannot be followed")]
    [InlineData("b\t100 <Loop>", "endless loop")]
    public void What_the_loop_reaches_allocates_nothing(string instruction, string? complaint)
    {
        string code = Function("Loop", instruction, "ret") + Function("Harmless", 0x200, "ret") + Function("Allocates", 0x300, "bl\t0 <RhpNewFast>", "ret");
        List<Finding> findings = JudgeLoop(Parse(code));

        Assert.Equal(complaint is null ? 0 : 1, findings.Count);
        Assert.All(findings, finding => Assert.Contains(complaint!, finding.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void An_address_that_the_loop_takes_counts_as_a_call()
    {
        const string Code = """
            Disassembly of section x:

            0000000000000100 <Loop>:
             100:|adrp|x1, 300 <Allocates>
            |||100: R_AARCH64_ADR_PREL_PG_HI21|Allocates
             104:|add|x1, x1, #0x0
            |||104: R_AARCH64_ADD_ABS_LO12_NC|Allocates
             108:|blr|x1
             10c:|ret

            0000000000000300 <Allocates>:
             300:|bl|0 <x>
            |||300: R_AARCH64_CALL26|RhpNewFast

            """;

        Assert.Contains("Allocates <- Loop", Assert.Single(JudgeLoop(Parse(Code))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_that_nothing_needs_and_roots_that_are_gone_are_findings()
    {
        ObjectText code = Parse(Function("Loop", "ret"));
        Rules rules = LoopRules(["Loop", "Gone"], [new Boundary(new("Never"), "no reason")], new IndirectCalls(new("Loop"), new("x"), null, "no calls"));
        List<Finding> findings = [];
        _ = AllocationCheck.Run(code, rules, findings);

        Assert.Equal(3, findings.Count);
        Assert.Contains(findings, finding => finding.Function == "Gone");
        Assert.Contains(findings, finding => finding.Function == "Never");
        Assert.Contains(findings, finding => finding.Text.Contains("not needed any more", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, true, true)]
    [InlineData(0x60, true, true)]
    [InlineData(0x20, true, false)] // another barrier
    [InlineData(0, false, false)] // behind the store
    public void A_doorbell_needs_its_barrier_before_it(int routine, bool isBefore, bool isKept)
    {
        string[] barrier =
        [
            "adrp\tx0, 0 <x>", $"\t\t\t1: R_AARCH64_ADR_PREL_PG_HI21\t{Statics}", "add\tx0, x0, #0x0",
            $"\t\t\t1: R_AARCH64_ADD_ABS_LO12_NC\t{Statics}", "ldr\tx0, [x0]", $"add\tx0, x0, #0x{routine:x}", "blr\tx0",
        ];
        string[] store = ["stlr\tw1, [x19]"];
        ObjectText code = Parse(Function("Ring", [.. isBefore ? barrier : store, .. isBefore ? store : barrier, "ret"]));
        Rules rules = LoopRules([], []);
        List<Finding> findings = [];
        BarrierCheck.Run(code, With(rules, new BarrierRule(new("^Ring$"), ["BeforeDoorbell", "Full"], BarrierPlace.BeforeLastStore, "why")), findings);

        Assert.Equal(isKept ? 0 : 1, findings.Count);
    }

    [Fact]
    public void A_barrier_rule_without_functions_is_a_finding()
    {
        List<Finding> findings = [];
        BarrierCheck.Run(Parse(Function("Other", "ret")), With(LoopRules([], []), new BarrierRule(new("^Ring$"), ["Full"], BarrierPlace.Present, "why")), findings);

        Assert.Contains("no such function", Assert.Single(findings).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_compilers_arguments_are_those_of_the_publish_for_another_machine()
    {
        string[] response =
        [
            "/out/nvmepf.dll", "-o:/out/nvmepf.o", "-r:/p/runtime.linux-x64.microsoft.dotnet.ilcompiler/9.0.20/framework/*.dll",
            "--targetos:linux", "--targetarch:x64", "--dehydrate", "-O", "-g", "--exportsfile:/out/x", "--methodbodyfolding", "--feature:A=false",
        ];

        Assert.Equal(
            ["/out/nvmepf.dll", "-o:/t/x.o", response[2], "--targetos:linux", "--targetarch:arm64", "--feature:Nvmepf.IsArm64=true", "-O", "--feature:A=false"],
            Compiler.Arguments(response, "/t/x.o", null));
        Assert.Equal("/s/sample.dll", Compiler.Arguments(response, "/t/x.o", "/s/sample.dll")[0]);
        Assert.StartsWith("/p/runtime.linux-x64.microsoft.dotnet.ilcompiler/9.0.20/tools/ilc", Compiler.FindCompiler(response), StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => Compiler.FindCompiler(["/out/nvmepf.dll"]));
    }

    private static List<Finding> JudgeAccess(string function, params AccessException[] exceptions)
    {
        List<Finding> findings = [];
        Rules rules = LoopRules([], []);
        _ = DeviceAccessCheck.Run(Parse(function), With(rules, exceptions), findings);
        return findings;
    }

    private static List<Finding> JudgeLoop(ObjectText code)
    {
        List<Finding> findings = [];
        _ = AllocationCheck.Run(code, LoopRules(["Loop"], []), findings);
        return findings;
    }

    private static Rules LoopRules(string[] roots, Boundary[] boundaries, params IndirectCalls[] calls) => new()
    {
        Roots = roots,
        MustReach = [],
        Forbidden = FirmwareRules.Forbidden,
        Boundaries = boundaries,
        IndirectCalls = calls,
        DeviceFunctions = new("^Device__"),
        AccessExceptions = [],
        Barriers = [],
    };

    private static Rules With(Rules rules, params BarrierRule[] barriers) => Copy(rules, [], barriers);

    private static Rules With(Rules rules, params AccessException[] exceptions) => Copy(rules, exceptions, []);

    private static Rules Copy(Rules rules, AccessException[] exceptions, BarrierRule[] barriers) => new()
    {
        Roots = rules.Roots,
        MustReach = rules.MustReach,
        Forbidden = rules.Forbidden,
        Boundaries = rules.Boundaries,
        IndirectCalls = rules.IndirectCalls,
        DeviceFunctions = rules.DeviceFunctions,
        AccessExceptions = exceptions,
        Barriers = barriers,
    };

    private static string Function(string name, params string[] lines) => Function(name, 0x100, lines);

    private static string Function(string name, uint address, params string[] lines)
    {
        System.Text.StringBuilder text = new($"Disassembly of section x:\n\n{address:x16} <{name}>:\n");
        foreach (string line in lines)
        {
            bool isRelocation = line.StartsWith('\t');
            _ = text.Append(isRelocation ? line : $" {address:x}:\t{line}").Append('\n');
            address += isRelocation ? 0u : 4u;
        }

        return text.Append('\n').ToString();
    }

    // The disassembler's tabs are bars in the longer texts, as source files hold no tabs.
    private static ObjectText Parse(string disassembly, string symbols = "", string relocations = "")
    {
        using StringReader code = new(disassembly.Replace('|', '\t'));
        using StringReader names = new(symbols);
        using StringReader data = new(relocations);
        return ObjectText.Parse(code, names, data);
    }
}
