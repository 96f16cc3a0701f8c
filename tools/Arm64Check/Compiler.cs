using System.Diagnostics;
using System.Linq;
using System.Text.RegularExpressions;

namespace Nvmepf.Arm64Check;

/// <summary>
/// Makes an AArch64 object of what was published for x86-64, and text of the object. The compiler's response file of the publish says what to
/// compile and how; only the target differs. Where the feed has no arm64 framework the x86-64 one stands in for it, which is right for our own code and for what of
/// the framework is the same on both; the object is read, never linked.
/// </summary>
public static partial class Compiler
{
    private const string Disassembler = "aarch64-linux-gnu-objdump";

    /// <summary>The arguments for arm64: another target and output, nothing that hides names or pointers from the reader.</summary>
    /// <param name="response">Lines of the response file of the publish.</param>
    /// <param name="output">The object to write.</param>
    /// <param name="program">Another program to compile instead of the published one, with the same references; or null.</param>
    public static IReadOnlyList<string> Arguments(IReadOnlyList<string> response, string output, string? program)
    {
        List<string> arguments = [];
        foreach (string line in response)
        {
            if (line.StartsWith("--targetarch", StringComparison.Ordinal))
            {
                arguments.Add("--targetarch:arm64");
                arguments.Add("--feature:Nvmepf.IsArm64=true"); // the x86-64 framework would say no
            }
            else if (line.StartsWith("-o:", StringComparison.Ordinal))
            {
                arguments.Add("-o:" + output);
            }
            else if (!IsDropped(line))
            {
                arguments.Add(arguments.Count == 0 && program is not null ? program : Reference(line));
            }
        }

        return arguments;
    }

    /// <summary>The compiler that the response file belongs to: the ILCompiler package of the same version.</summary>
    /// <exception cref="InvalidDataException">The response file names no such package.</exception>
    public static string FindCompiler(IReadOnlyList<string> response)
    {
        foreach (string line in response)
        {
            if (PackagePath().Match(line) is { Success: true } match)
            {
                string path = Path.Combine(match.Groups[1].Value, "runtime.linux-x64.microsoft.dotnet.ilcompiler", match.Groups[2].Value, "tools", "ilc");
                return File.Exists(path) ? path : path + ".dll";
            }
        }

        throw new InvalidDataException("the response file names no NativeAOT package, so that there is no telling which compiler it is for");
    }

    /// <summary>Compiles, disassembles and reads.</summary>
    /// <param name="responseFile">The response file of a publish for linux-x64.</param>
    /// <param name="program">Another program, or null.</param>
    /// <param name="folder">Where the object and its texts go.</param>
    public static ObjectText CompileAndRead(string responseFile, string? program, string folder)
    {
        string name = Path.GetFileNameWithoutExtension(program ?? responseFile);
        string path = Path.Combine(folder, name + ".arm64.o");
        string[] response = File.ReadAllLines(responseFile);
        string arguments = Path.Combine(folder, name + ".arm64.rsp");
        File.WriteAllLines(arguments, Arguments(response, path, program));
        string compiler = FindCompiler(response);
        _ = compiler.EndsWith(".dll", StringComparison.Ordinal) ? Run("dotnet", compiler, "@" + arguments) : Run(compiler, "@" + arguments);
        using StringReader disassembly = new(Run(Disassembler, "-d", "-r", "--no-show-raw-insn", path));
        using StringReader symbols = new(Run(Disassembler, "-t", path));
        using StringReader relocations = new(Run(Disassembler, "-r", "-j", ".data", path));
        return ObjectText.Parse(disassembly, symbols, relocations);
    }

    private static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using Process process = Process.Start(start)!;
            System.Text.StringBuilder errors = new();
            process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output
                : throw new InvalidDataException($"{program} failed with {process.ExitCode}: {errors.ToString().Trim()} {output.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidDataException($"{program} is missing; the disassembler is Debian's binutils-aarch64-linux-gnu");
        }
    }

    /// <summary>Whether the arm64 framework has been restored; otherwise the x86-64 one stands in for it.</summary>
    public static bool HasOwnFramework(string responseFile) => File.ReadLines(responseFile).Any(line => Reference(line) != line);

    /// <summary>The same assembly of the arm64 framework, where that package has been restored.</summary>
    private static string Reference(string line)
    {
        string other = line.Replace("linux-x64", "linux-arm64", StringComparison.Ordinal);
        return line.StartsWith("-r:", StringComparison.Ordinal) && File.Exists(other[3..]) ? other : line;
    }

    // Debug information and exports are not needed; dehydrated data hides the method tables; folded bodies lose their names.
    private static bool IsDropped(string line) =>
        line is "-g" or "--dehydrate" or "--methodbodyfolding" || line.StartsWith("--exportsfile", StringComparison.Ordinal)
        || line.StartsWith("--export-dynamic-symbol", StringComparison.Ordinal) || line.StartsWith("--methodbodyfolding", StringComparison.Ordinal);

    [GeneratedRegex(
        @"[:""]?(/[^:""]*)/(?:runtime\.linux-x64\.microsoft\.dotnet\.ilcompiler|microsoft\.netcore\.app\.runtime\.nativeaot\.linux-[a-z0-9]+)/([^/]+)/",
        RegexOptions.IgnoreCase)]
    private static partial Regex PackagePath();
}
