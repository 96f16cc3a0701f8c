using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Spec;
using Nvmepf.Tests.HostDriver;
using Xunit;
using Program = Nvmepf.Firmware.Program;

namespace Nvmepf.Tests.Console;

/// <summary>A subsystem that is served and changed at the console: what is typed, what a host sees of it.</summary>
internal static class Served
{
    internal const string Nqn = "nqn.2014-08.org.example:console";

    /// <summary>Types a line that has to succeed, and returns the answer.</summary>
    internal static string AskWell(this FirmwareProcess firmware, string line)
    {
        (bool isWell, string answer) = ConsoleSocket.Ask(firmware.Folder, line);
        Assert.True(isWell, $"{line}: {answer}");
        return answer;
    }

    /// <summary>Types a line that has to fail, and returns the error.</summary>
    internal static string AskIll(this FirmwareProcess firmware, string line)
    {
        (bool isWell, string answer) = ConsoleSocket.Ask(firmware.Folder, line + " --json");
        Assert.False(isWell, $"{line}: {answer}");
        return JsonDocument.Parse(answer).RootElement.GetProperty("error").GetString()!;
    }

    /// <summary>The namespaces that a host sees.</summary>
    internal static uint[] ActiveNamespaces(this NvmeHost host) => Identifiers(host.Identify((byte)Cns.ActiveNamespaceList));

    /// <summary>A list of namespaces as Identify and the changed namespace log have it: up to the first 0.</summary>
    internal static uint[] Identifiers(byte[] list) => [.. MemoryMarshal.Cast<byte, uint>(list).ToArray().TakeWhile(identifier => identifier != 0)];

    /// <summary>Writes a directory that a firmware can follow, with one namespace that stores nothing.</summary>
    internal static void ExportTo(string directory)
    {
        string[] export = ["--vfio-user", "/run/vm", "--namespace", "null:1M", "--subsysnqn", Nqn, "--export-configfs", directory];
        Assert.Equal(Program.Success, Program.Run(export, Stream.Null, Stream.Null));
    }
}
