using System.Text;
using Nvmepf.Firmware.Configuration;
using Xunit;

namespace Nvmepf.Tests.Configuration;

/// <summary>Judges command lines and files without touching the machine that the tests run on.</summary>
internal static class Judge
{
    public const string MachineId = "0123456789abcdef0123456789abcdef";

    /// <summary>A command line that is right; tests add to it.</summary>
    public static readonly string[] Simple = ["--vfio-user", "/run/nvmepf/0", "--namespace", "null:1T"];

    public static ConfigurationTree Tree(params string[] arguments) => CommandLineTree.Build(CommandLine.Parse(arguments), () => MachineId);

    public static ServedFunction Options(params string[] arguments) => Only(ServedConfiguration.Resolve(Tree(arguments)));

    public static ServedFunction SimpleAnd(params string[] arguments) => Options([.. Simple, .. arguments]);

    /// <summary>The line that a wrong command line is answered with.</summary>
    public static string ErrorOfOptions(params string[] arguments) => Assert.Throws<ConfigurationException>(() => Options(arguments)).Message;

    public static ConfigurationTree FileTree(string json, bool isSocketGiven = false)
    {
        ConfigurationTree tree = JsonLoader.Load(Encoding.UTF8.GetBytes(json), "a.json");
        ImpliedNodes.Add(tree, isSocketGiven ? "vfio-user" : null);
        foreach (EndpointControllerNode controller in tree.Controllers)
        {
            controller.VfioUserDirectory ??= isSocketGiven ? "/run/nvmepf/0" : null;
        }

        return tree;
    }

    public static ServedFunction File(string json, bool isSocketGiven = false) => Only(ServedConfiguration.Resolve(FileTree(json, isSocketGiven)));

    public static ServedFunction Only(ServedConfiguration configuration) => Assert.Single(configuration.Functions);

    /// <summary>The line that a wrong file is answered with.</summary>
    public static string ErrorOfFile(string json, bool isSocketGiven = false) =>
        Assert.Throws<ConfigurationException>(() => File(json, isSocketGiven)).Message;
}
