using System.Linq;
using System.Text.RegularExpressions;

namespace Nvmepf.Arm64Check;

/// <summary>
/// Accesses to registers and windows: each is one load or store of 32 or 64 bits. A pointer counts as a device's where the function makes an
/// ordered access (<c>ldar</c>, <c>stlr</c>: what <c>Mmio</c> compiles to) by it, or by anything computed from it; then no access by that
/// pointer may be a pair, a vector, narrower than 32 bits or unaligned, and none may be handed to a bulk copy.
/// </summary>
public static partial class DeviceAccessCheck
{
    private const string Rule = "device access";

    /// <summary>Judges every function that the rules name; the number of ordered accesses seen is returned, so that a test knows it saw some.</summary>
    public static int Run(ObjectText code, Rules rules, List<Finding> findings)
    {
        HashSet<AccessException> used = [];
        int seen = 0;
        foreach (Function function in code.Functions.Values)
        {
            if (rules.DeviceFunctions.IsMatch(function.Name) && function.Instructions.Any(IsOrdered))
            {
                seen += Judge(function, rules, findings, used);
            }
        }

        foreach (AccessException exception in rules.AccessExceptions.Where(exception => !used.Contains(exception)))
        {
            findings.Add(new Finding(Rule, exception.Functions.ToString(), $"this exception excuses nothing any more: {exception.Reason}"));
        }

        return seen;
    }

    private static int Judge(Function function, Rules rules, List<Finding> findings, HashSet<AccessException> used)
    {
        List<Step> steps = Flow.Of(function);
        HashSet<string> device = [];
        int ordered = 0;
        foreach (Step step in steps.Where(step => IsOrdered(step.Instruction)))
        {
            ordered++;
            if (Pointer(step) is { Kind: not ValueKind.Stack and not ValueKind.Symbol } pointer)
            {
                _ = device.Add(pointer.Origin);
            }
        }

        foreach (Step step in steps)
        {
            if (Complaint(step, device) is not { } complaint)
            {
                continue;
            }

            if (rules.AccessExceptions.FirstOrDefault(exception => exception.Functions.IsMatch(function.Name)) is { } exception)
            {
                _ = used.Add(exception);
            }
            else
            {
                findings.Add(new Finding(Rule, function.Name, complaint));
            }
        }

        return ordered;
    }

    private static string? Complaint(Step step, HashSet<string> device)
    {
        Instruction instruction = step.Instruction;
        if (instruction.Mnemonic == "bl" && BulkHelper().IsMatch(instruction.Symbol))
        {
            bool isDevice = IsDevice(step.Before.Get("x0"), device) || IsDevice(step.Before.Get("x1"), device);
            return isDevice ? $"{instruction} hands device memory to {instruction.Symbol}, which copies by any width" : null;
        }

        if (instruction.Mnemonic == "dc" && IsDevice(step.Before.Get(instruction.Parts[^1]), device))
        {
            return $"{instruction} works on a cache line of device memory";
        }

        if (!instruction.IsMemoryAccess || !IsDevice(Pointer(step), device))
        {
            return null;
        }

        string register = instruction.Parts[0];
        if (instruction.Mnemonic == "ldrsb" && register == "wzr")
        {
            return null; // how the compiler asks whether a reference is null: the pointer is an object's
        }

        int widthBytes = register[0] == 'w' ? 4 : 8;
        long? offset = Pointer(step)!.Offset;
        return !SingleAccess().IsMatch(instruction.Mnemonic) ? $"{instruction} is no single load or store of 32 or 64 bits"
            : register[0] is not ('w' or 'x') ? $"{instruction} is a vector access"
            : offset is { } bytes && bytes % widthBytes != 0 ? $"{instruction} is not aligned: {bytes} bytes behind the pointer"
            : null;
    }

    private static Value? Pointer(Step step)
    {
        MemoryAccess access = MemoryAccess.Of(step.Instruction);
        return step.Before.Get(access.Base)?.Plus(access.Offset);
    }

    private static bool IsDevice(Value? pointer, HashSet<string> device) =>
        pointer is { Kind: not ValueKind.Stack and not ValueKind.Symbol } && device.Contains(pointer.Origin);

    private static bool IsOrdered(Instruction instruction) => instruction.Mnemonic is "ldar" or "ldapr" or "stlr" && instruction.IsMemoryAccess;

    [GeneratedRegex("^(ldar|ldapr|stlr|ldr|str|ldur|stur)$")]
    private static partial Regex SingleAccess();

    [GeneratedRegex("MemCopy|MemZero|Memmove|memmove|memset|memcpy|SpanHelpers__Fill|BulkMove")]
    private static partial Regex BulkHelper();
}
